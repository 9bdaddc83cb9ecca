import { describe, expect, it, vi } from 'vitest'
import { createBulkBudget } from './bulk-budget.ts'
import { createUploadBucket, createUploadShaper, withUpload } from './upload-shaper.ts'

/** Sends as much as the room allows, every millisecond of `ms`. */
function sendFor(ms: number, clock: { now: number }, budget: { room(): number; take(bytes: number): void }): number {
  let sent = 0
  for (const end = clock.now + ms; clock.now < end; clock.now += 1) {
    const room = budget.room()
    budget.take(room)
    sent += room
  }
  return sent
}

describe('a ceiling on upload', () => {
  it.each([100_000, 1_000_000, 50_000_000])('of %d bytes a second is kept, and reached', (rate) => {
    const clock = { now: 1_000 }
    const bucket = createUploadBucket(rate, () => clock.now)
    sendFor(1_000, clock, bucket)
    const sent = sendFor(10_000, clock, bucket)
    expect(sent).toBeGreaterThan(rate * 10 * 0.98)
    expect(sent).toBeLessThan(rate * 10 * 1.02)
  })

  it('holds for all peers together, for each of them, and for answers besides', () => {
    const clock = { now: 1_000 }
    const peer = createUploadShaper(
      { bytesPerSecond: 1_000_000, peerBytesPerSecond: 400_000, answersShare: 0.1 },
      () => clock.now,
    )
    const unpaced = { ...createBulkBudget(() => undefined), room: () => 1 << 20, take: () => undefined }
    const [first, second, third] = [peer(), peer(), peer()]
    const bulk = [first, second, third].map((upload) => withUpload(unpaced, upload.bulk))
    const answers = withUpload(withUpload(unpaced, third.bulk), third.answers)
    sendFor(1_000, clock, answers)
    expect(sendFor(2_000, clock, answers) / 2).toBeLessThan(110_000)
    expect(sendFor(2_000, clock, bulk[0] as typeof unpaced) / 2).toBeLessThan(440_000)
    let total = 0
    for (let ms = 0; ms < 4_000; ms++)
      for (const budget of bulk) {
        const room = budget.room()
        budget.take(room)
        total += room
        if (budget === bulk[2]) clock.now += 1
      }
    expect(total / 4).toBeLessThan(1_050_000)
    expect(total / 4).toBeGreaterThan(900_000)
  })

  it('is none when none is set', () => {
    expect(createUploadShaper(undefined, () => 0)()).toEqual({ bulk: [], answers: [] })
  })

  it('wakes whoever found no room', async () => {
    vi.useFakeTimers({ now: 1_000 })
    try {
      const bucket = createUploadBucket(100_000, () => Date.now())
      const resume = vi.fn()
      const leave = bucket.join(resume)
      bucket.take(bucket.room())
      expect(bucket.room()).toBe(0)
      await vi.advanceTimersByTimeAsync(200)
      expect(resume).toHaveBeenCalledTimes(1)
      expect(bucket.room()).toBeGreaterThan(0)
      leave()
    } finally {
      vi.useRealTimers()
    }
  })
})
