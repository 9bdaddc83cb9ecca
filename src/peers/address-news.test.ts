import { describe, expect, it } from 'vitest'
import { createAddressNews, freshMs, newsRate, newsTakenRate } from './address-news.ts'

const hourMs = 60 * 60_000

describe('address news', () => {
  it('is passed on once an hour, and only while it is fresh', () => {
    const news = createAddressNews()
    news.add('a', 'x', 0, 0)
    news.add('a', 'y', 0, 0)
    news.add('stale', 'x', -freshMs - 1, 0)
    expect(news.take(0).map(({ address }) => address)).toEqual(['a'])
    news.add('a', 'x', hourMs - 1, hourMs - 1)
    expect(news.waiting).toBe(false)
    news.add('a', 'x', hourMs, hourMs)
    expect(news.take(hourMs)).toHaveLength(1)
  })

  it('gives each teller its turn, after what this node saw itself', () => {
    const news = createAddressNews()
    for (let index = 0; index < 100; index++) news.add(`loud${index}`, 'loud', 0, 0)
    news.add('quiet', 'quiet', 0, 0)
    news.add('own', undefined, 0, 0)
    const order = news.take(0).map(({ address }) => address)
    expect(order.slice(0, 3)).toEqual(['own', 'loud0', 'quiet'])
    expect(order).toHaveLength(18)
  })

  it('never passes on more than half of what a receiver takes, whatever is told', () => {
    const news = createAddressNews()
    let passed = 0
    for (let now = 0; now < hourMs; now += 1000) {
      for (let teller = 0; teller < 20; teller++) news.add(`${now} ${teller}`, `${teller}`, now, now)
      passed += news.take(now).length
    }
    expect(passed).toBeLessThanOrEqual(newsRate.burst + hourMs / newsRate.intervalMs)
    expect(newsTakenRate.intervalMs).toBe(newsRate.intervalMs / 2)
    expect(newsTakenRate.burst).toBeGreaterThan(2 * newsRate.burst)
  })
})
