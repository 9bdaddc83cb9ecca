import { describe, expect, it } from 'vitest'
import { createHostBans, type HostStrike, hostBansMax } from './host-bans.ts'

const minute = 60_000
const site = '203.0.113.7'

describe('host bans', () => {
  it.each<[HostStrike, number, number]>([
    ['identity', 3, 10 * minute],
    ['handshake', 11, 0],
    ['flood', 61, 0],
  ])('close an address at %s number %i', (strike, times, everyMs) => {
    const bans = createHostBans()
    const closed = Array.from({ length: times }, (_, index) => bans.strike(site, strike, index * everyMs, false))
    expect(closed).toEqual([...Array.from({ length: times - 1 }, () => false), true])
    expect(bans.isBanned(site, (times - 1) * everyMs)).toBe(true)
    expect(bans.isBanned('203.0.113.8', (times - 1) * everyMs)).toBe(false)
  })

  it('bear handshakes that fail now and then, for ever', () => {
    const bans = createHostBans()
    for (let now = 0; now < 10_000 * minute; now += 15_000) expect(bans.strike(site, 'handshake', now, false)).toBe(false)
  })

  it('last longer one after the other, and never for ever', () => {
    const bans = createHostBans()
    let now = 0
    const lengths = Array.from({ length: 5 }, () => {
      while (!bans.strike(site, 'handshake', now, false)) now += 1
      const length = bans.bannedUntil(site, now) - now
      now += length
      expect(bans.isBanned(site, now)).toBe(false)
      return length / minute
    })
    expect(lengths).toEqual([10, 30, 60, 60, 60])
  })

  it('spare an address that others need', () => {
    const bans = createHostBans()
    for (let count = 0; count < 100; count++) expect(bans.strike(site, 'identity', 0, true)).toBe(false)
    expect(bans.isBanned(site, 0)).toBe(false)
  })

  it('are lifted, and bounded', () => {
    const bans = createHostBans()
    for (let index = 0; index < hostBansMax + 10; index++) {
      for (let count = 0; count < 3; count++) bans.strike(`site ${index}`, 'identity', 0, false)
    }
    expect(bans.bans(0)).toHaveLength(hostBansMax)
    expect(bans.pardon(`site ${hostBansMax}`, 0)).toBe(true)
    expect(bans.pardon(`site ${hostBansMax}`, 0)).toBe(false)
    expect(bans.bans(0)).toHaveLength(hostBansMax - 1)
  })
})
