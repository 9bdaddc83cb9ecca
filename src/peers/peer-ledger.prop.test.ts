import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createPeerLedger, earnings, type GoodDeed, ledgerBounds, type Offence, penalties, scoreMax } from './peer-ledger.ts'

const minute = 60_000
const event = fc.record({
  peer: fc.constantFrom('a', 'b', 'c'),
  deed: fc.constantFrom<Offence | GoodDeed>(...(Object.keys(penalties) as Offence[]), ...(Object.keys(earnings) as GoodDeed[])),
  after: fc.oneof(fc.nat(2 * minute), fc.nat(14 * 24 * 60 * minute)),
})
const isOffence = (deed: Offence | GoodDeed): deed is Offence => deed in penalties

it('keeps every score between −100 and +100, and a banned peer banned until its time, whatever happens', () => {
  const property = fc.property(fc.array(event, { maxLength: 60 }), (events) => {
    const ledger = createPeerLedger()
    let now = 0
    for (const { peer, deed, after } of events) {
      now += after
      const before = ledger.standing(peer, now)
      if (isOffence(deed)) {
        const decision = ledger.offend(peer, deed, 'x', now)
        expect(ledger.score(peer, now)).toBeLessThanOrEqual(before.score)
        expect(decision === 'ban').toBe(!ledger.isWelcome(peer, now))
      } else ledger.reward(peer, deed, now)
      const entry = ledger.standing(peer, now)
      expect(Math.abs(entry.score)).toBeLessThanOrEqual(scoreMax)
      if (before.bannedUntil !== undefined) expect(entry.bannedUntil).toBe(before.bannedUntil)
      if (entry.bannedUntil !== undefined) {
        const isForEver = entry.bannedUntil === Number.POSITIVE_INFINITY
        expect(ledger.isWelcome(peer, isForEver ? now + 1e15 : entry.bannedUntil - 1)).toBe(false)
        if (!isForEver) expect(ledger.isWelcome(peer, entry.bannedUntil)).toBe(true)
      }
    }
  })
  fc.assert(property)
})

it('drifts towards 0 from both sides, and never past it', () => {
  const property = fc.property(fc.array(event, { maxLength: 20 }), fc.nat(300 * minute), (events, wait) => {
    const ledger = createPeerLedger()
    let now = 0
    for (const { deed, after } of events) {
      now += Math.min(after, minute)
      if (isOffence(deed)) ledger.offend('a', deed, 'x', now, true)
      else ledger.reward('a', deed, now)
    }
    const before = ledger.score('a', now)
    const after = ledger.score('a', now + wait)
    expect(Math.abs(after)).toBeLessThanOrEqual(Math.abs(before))
    expect(Math.sign(after) * Math.sign(before)).toBeGreaterThanOrEqual(0)
    expect(ledger.score('a', now + 100 * 24 * 60 * minute)).toBeCloseTo(0)
  })
  fc.assert(property)
})

it('earns no more than a point a minute, however much is done', () => {
  const ledger = createPeerLedger()
  for (let now = 0; now < 10 * minute; now += 10) ledger.reward('a', 'block-served', now)
  expect(ledger.score('a', 10 * minute)).toBeLessThanOrEqual(10 + earnings['block-served'])
  expect(ledger.score('a', 10 * minute)).toBeGreaterThan(5)
})

it('strangers push out neither bans nor good names', () => {
  const ledger = createPeerLedger()
  ledger.offend('banned', 'signature', 'x', 0)
  for (let now = 0; now < 60 * minute; now += minute) ledger.reward('good', 'block-served', now)
  for (let stranger = 0; stranger < 3 * ledgerBounds.known; stranger++) ledger.offend(`s${stranger}`, 'spam', 'x', minute)
  expect(ledger.isWelcome('banned', minute)).toBe(false)
  expect(ledger.score('good', 60 * minute)).toBeGreaterThan(0.5)
  expect(ledger.entries(minute).length).toBeLessThanOrEqual(ledgerBounds.known + ledgerBounds.banned)
})

it('a flood of first bans pushes out first bans, and none that lasts longer', () => {
  const ledger = createPeerLedger()
  for (const now of [0, 20 * minute, 120 * minute]) ledger.offend('old hand', 'signature', 'x', now)
  for (let stranger = 0; stranger < ledgerBounds.banned + 100; stranger++)
    ledger.offend(`s${stranger}`, 'signature', 'x', 121 * minute)
  expect(ledger.isWelcome('old hand', 122 * minute)).toBe(false)
  expect(ledger.bans(122 * minute)).toHaveLength(ledgerBounds.banned)
})
