import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPeerLedger, type Offence, offenceOf, penalties } from './peer-ledger.ts'

const minute = 60_000

describe('peer ledger', () => {
  it.each<[Offence, number]>([
    ['invalid', 5],
    ['spam', 10],
    ['byzantine', 3],
    ['signature', 1],
  ])('parts from a peer by its offence %s, the time number %i', (offence, times) => {
    const ledger = createPeerLedger()
    const decisions = Array.from({ length: times }, () => ledger.offend('peer', offence, 0))
    expect(decisions).toEqual([...Array.from({ length: times - 1 }, () => 'keep'), 'disconnect'])
    expect(ledger.isWelcome('peer', 0)).toBe(false)
    expect(ledger.isWelcome('another', 0)).toBe(true)
  })

  it('forgives with time, and lets the peer in again', () => {
    const ledger = createPeerLedger()
    ledger.offend('peer', 'signature', 0)
    expect(ledger.score('peer', 5 * minute - 1)).toBeLessThan(-50)
    expect(ledger.isWelcome('peer', 5 * minute + 1)).toBe(true)
    expect(ledger.score('peer', 60 * minute)).toBe(0)
  })

  it('is not forgiven by a clock that goes back', () => {
    const ledger = createPeerLedger()
    ledger.offend('peer', 'invalid', minute)
    expect(ledger.score('peer', 0)).toBe(penalties.invalid)
  })

  it.each([
    [{ code: 'SIGNATURE_INVALID', detail: '' }, 'reject', 'signature'],
    [{ code: 'CODEC_TRUNCATED', detail: '' }, 'reject', 'invalid'],
    [{ code: 'EVIDENCE_KNOWN', detail: '' }, 'ignore', undefined],
  ] as const)('books %j by its verdict', (rejection, verdict, offence) => {
    expect(offenceOf(rejection, verdict)).toBe(offence)
  })

  it('keeps every score between −100 and 0, whatever happens', () => {
    const event = fc.record({
      offence: fc.constantFrom<Offence>('invalid', 'spam', 'byzantine', 'signature'),
      after: fc.nat(10 * minute),
    })
    const property = fc.property(fc.array(event), (events) => {
      const ledger = createPeerLedger()
      let now = 0
      for (const { offence, after } of events) {
        now += after
        const decision = ledger.offend('peer', offence, now)
        const score = ledger.score('peer', now)
        expect(score).toBeGreaterThanOrEqual(-100)
        expect(score).toBeLessThan(0)
        expect(decision === 'disconnect').toBe(!ledger.isWelcome('peer', now))
      }
    })
    fc.assert(property)
  })
})
