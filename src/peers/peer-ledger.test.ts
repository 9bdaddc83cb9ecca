import { describe, expect, it } from 'vitest'
import { banDurationsMs, createPeerLedger, type Offence, penalties } from './peer-ledger.ts'

const minute = 60_000
const day = 24 * 60 * minute

describe('peer ledger', () => {
  it.each<[Offence, readonly string[]]>([
    ['invalid', ['keep', 'throttle', 'throttle', 'throttle', 'ban']],
    ['spam', ['keep', 'keep', 'keep', 'throttle', 'throttle', 'throttle', 'throttle', 'throttle', 'throttle', 'ban']],
    ['byzantine', ['throttle', 'throttle', 'ban']],
    ['attestation', ['ban']],
    ['signature', ['ban']],
  ])('answers to %s with %j', (offence, expected) => {
    const ledger = createPeerLedger()
    expect(expected.map(() => ledger.offend('peer', offence, 'x', 0))).toEqual(expected)
    expect(ledger.isWelcome('peer', 0)).toBe(false)
    expect(ledger.isWelcome('another', 0)).toBe(true)
  })

  it('bans for longer each time, and the fifth time for ever', () => {
    const ledger = createPeerLedger()
    let now = 0
    for (const durationMs of banDurationsMs) {
      expect(ledger.offend('peer', 'signature', 'x', now)).toBe('ban')
      expect(ledger.isWelcome('peer', now + durationMs - 1)).toBe(false)
      now += durationMs
      expect(ledger.isWelcome('peer', now)).toBe(true)
    }
    ledger.offend('peer', 'signature', 'x', now)
    expect(ledger.standing('peer', now).bannedUntil).toBe(Number.POSITIVE_INFINITY)
    expect(ledger.isWelcome('peer', now + 1e15)).toBe(false)
  })

  it('forgets one ban for each good week', () => {
    const ledger = createPeerLedger()
    const lengthOfBan = (now: number) => {
      ledger.offend('peer', 'signature', 'x', now)
      return ledger.standing('peer', now).bannedUntil! - now
    }
    expect(lengthOfBan(0)).toBe(banDurationsMs[0])
    expect(lengthOfBan(day)).toBe(banDurationsMs[1])
    expect(lengthOfBan(9 * day)).toBe(banDurationsMs[1])
    expect(lengthOfBan(100 * day)).toBe(banDurationsMs[0])
  })

  it('watches whoever comes back from a ban', () => {
    const ledger = createPeerLedger()
    ledger.offend('peer', 'signature', 'x', 0)
    const free = banDurationsMs[0]!
    expect(ledger.score('peer', free)).toBe(-20)
    expect(ledger.offend('peer', 'spam', 'x', free)).toBe('throttle')
    expect(ledger.score('peer', free + 25 * minute)).toBe(0)
  })

  it('lets a good name pay for accidents, and for nothing that is done on purpose', () => {
    const ledger = createPeerLedger()
    for (let now = 0; now <= 300 * minute; now += 1000) ledger.reward('peer', 'block-served', now)
    expect(ledger.score('peer', 300 * minute)).toBeGreaterThan(95)
    expect(ledger.offend('peer', 'invalid', 'x', 300 * minute)).toBe('keep')
    expect(ledger.score('peer', 300 * minute)).toBeGreaterThan(85)
    expect(ledger.offend('peer', 'signature', 'x', 300 * minute)).toBe('ban')
  })

  it('does not ban whom the operator has made immune', () => {
    const ledger = createPeerLedger()
    expect(ledger.offend('peer', 'signature', 'x', 0, true)).toBe('throttle')
    expect(ledger.isWelcome('peer', 0)).toBe(true)
  })

  it('keeps the latest reasons', () => {
    const ledger = createPeerLedger()
    for (let count = 1; count <= 6; count++) ledger.offend('peer', 'spam', `reason ${count}`, count)
    const { reasons } = ledger.standing('peer', 6)
    expect(reasons.map(({ what }) => what)).toEqual(['reason 3', 'reason 4', 'reason 5', 'reason 6'])
    expect(reasons.at(-1)).toEqual({ what: 'reason 6', at: 6, change: penalties.spam })
  })

  it('pardons', () => {
    const ledger = createPeerLedger()
    ledger.offend('peer', 'signature', 'x', 0)
    expect(ledger.pardon('peer', 1)).toBe(true)
    expect(ledger.pardon('peer', 1)).toBe(false)
    expect(ledger.score('peer', 1)).toBe(0)
  })
})
