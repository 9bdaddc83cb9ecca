import { describe, expect, it } from 'vitest'
import { type RejectionCode, rejections } from '../primitives/error-catalogue.ts'
import type { Offence } from './peer-ledger.ts'
import { offenceBehind, type RejectionOffence, rejectionOffences } from './rejection-offences.ts'

const listed = Object.entries(rejectionOffences) as [RejectionCode, RejectionOffence][]

describe('what a rejection costs', () => {
  it.each(listed)('%s: an offence where the catalogue says reject, and only there', (code, { offence }) => {
    expect(offence === 'none' ? 'ignore' : 'reject').toBe(rejections[code].verdict)
  })

  it('every code that a peer’s consensus message, batch or evidence can cause has a line', () => {
    const families = /^(CODEC|BATCH|EVIDENCE|SYNC|VOTE|PROPOSAL|CERTIFICATE|SIGNATURE|TX|MEMPOOL)_/
    const missing = Object.keys(rejections).filter((code) => families.test(code) && !(code in rejectionOffences))
    expect(missing).toEqual([])
  })

  it.each<[RejectionCode, 'ignore' | 'reject', Offence | undefined]>([
    ['CODEC_TAG', 'reject', 'invalid'],
    ['SIGNATURE_INVALID', 'reject', 'signature'],
    ['VOTE_UNKNOWN_VALIDATOR', 'reject', 'byzantine'],
    ['CONSENSUS_REPLAYED', 'reject', 'spam'],
    ['VOTE_WRONG_HEIGHT', 'ignore', undefined],
    ['BLOCK_WRONG_STATE', 'reject', 'invalid'],
    ['HELLO_WRONG_CHAIN', 'ignore', undefined],
  ])('%s is %s, and the offence is %s', (code, verdict, offence) => {
    expect(offenceBehind(code, verdict)).toBe(offence)
  })
})
