import { describe, expect, it } from 'vitest'
import { bitmapOf } from '../chain/bitmap.ts'
import type { Certificate, Commit } from '../chain/certificate.ts'
import { checkEvidence, evidenceItems } from '../chain/evidence-verification.ts'
import type { ChainId } from '../chain/identifiers.ts'
import { validatorSet } from '../chain/validator-set.ts'
import { precommit, prevote, voteSignBytes } from '../chain/vote.ts'
import { aggregateSignatures, blsKeypair, blsSign, blsVerifyBatch } from '../crypto/bls.ts'
import { type Hash, sha256 } from '../crypto/hash.ts'
import { bytesEqual, utf8 } from '../primitives/bytes.ts'
import { accuse } from './accuse.ts'

const chainId = sha256(utf8('chain')) as ChainId
const keypairs = Array.from({ length: 7 }, (_, index) => blsKeypair(sha256(Uint8Array.of(index))))
const validators = validatorSet(keypairs.map(({ publicKey }) => ({ consensusKey: publicKey, power: 1n })))
const [A, B] = [sha256(utf8('A')), sha256(utf8('B'))] as [Hash, Hash]
const height = 9

function signed(kind: 1 | 2, round: number, blockHash: Hash, places: readonly number[]) {
  const message = voteSignBytes(chainId, { kind, height, round, blockHash })
  const signatures = places.map((place) => {
    const { consensusKey } = validators.validators[place]!
    return blsSign(keypairs.find(({ publicKey }) => bytesEqual(publicKey, consensusKey))!, message)
  })
  return { height, round, blockHash, signers: bitmapOf(places, 7), signature: aggregateSignatures(signatures) }
}
const commit = (round: number, blockHash: Hash, places: readonly number[]): Commit => signed(precommit, round, blockHash, places)
const polka = (round: number, blockHash: Hash, places: readonly number[]): Certificate => ({
  kind: prevote,
  ...signed(prevote, round, blockHash, places),
})
const placesOf = (keys: readonly Uint8Array[]) =>
  keys.map((key) => validators.validators.findIndex(({ consensusKey }) => bytesEqual(consensusKey, key)))

/** Liars in each are 0, 1 and 2 of seven; 3 and 4 see A alone, 5 and 6 B. */
const onA = [0, 1, 2, 3, 4]
const onB = [0, 1, 2, 5, 6]

describe('two certified blocks of one height', () => {
  const cases: [string, Commit, Commit, Certificate[], { convicted: number[]; suspects: number[] }][] = [
    ['of one round convict who signed both', commit(1, A, onA), commit(1, B, onB), [], { convicted: [0, 1, 2], suspects: [] }],
    [
      'of two rounds, with no polka shown, leave suspects',
      commit(0, A, onA),
      commit(3, B, onB),
      [],
      { convicted: [], suspects: [0, 1, 2] },
    ],
    [
      'leave as suspects who broke their lock, and not who followed a polka',
      commit(0, A, [...onA, 5]),
      commit(3, B, [...onB, 3]),
      [polka(2, B, onB), polka(3, B, [...onB, 3])],
      { convicted: [], suspects: [0, 1, 2, 5] },
    ],
    [
      'whichever comes first',
      commit(3, B, onB),
      commit(0, A, onA),
      [polka(2, B, [0, 1, 2, 4, 6])],
      { convicted: [], suspects: [0, 1, 2, 4] },
    ],
    [
      'excuse all who followed a polka of the lock’s own round, and convict who prevoted twice in it',
      commit(0, A, onA),
      commit(1, B, [...onB, 3, 4]),
      [polka(0, A, onA), polka(0, B, onB), polka(1, B, [...onB, 3, 4])],
      { convicted: [0, 1, 2], suspects: [] },
    ],
    [
      'are not excused by polkas from before the lock or for another block',
      commit(2, A, onA),
      commit(3, B, onB),
      [polka(1, B, onB), polka(2, A, onA)],
      { convicted: [], suspects: [0, 1, 2] },
    ],
  ]
  it.each(cases)('%s', (_, first, second, polkas, expected) => {
    const accusation = accuse({ validators, commits: [first, second] }, polkas)
    expect({ convicted: placesOf(accusation.convicted), suspects: placesOf(accusation.suspects) }).toEqual(expected)
    for (const evidence of accusation.evidence) {
      expect(checkEvidence(evidence).ok).toBe(true)
      expect(blsVerifyBatch(evidenceItems(chainId, evidence))).toEqual([true, true])
    }
    expect(accusation.evidence).toHaveLength(expected.convicted.length)
  })
})

describe('evidence of two certificates', () => {
  const [good] = accuse({ validators, commits: [commit(1, A, onA), commit(1, B, onB)] }, []).evidence
  it.each<[string, (evidence: NonNullable<typeof good>) => typeof good]>([
    ['against one who signed one of them', (evidence) => ({ ...evidence, consensusKey: validators.validators[3]!.consensusKey })],
    ['against a stranger', (evidence) => ({ ...evidence, consensusKey: new Uint8Array(48) })],
    ['with keys out of order', (evidence) => ({ ...evidence, keys: evidence.keys.toReversed() })],
    [
      'with a key of no signer',
      (evidence) => ({ ...evidence, firstSigners: bitmapOf([0, 1, 2], 7), secondSigners: bitmapOf([0, 1, 2], 7) }),
    ],
    ['with a bitmap too long', (evidence) => ({ ...evidence, firstSigners: Uint8Array.of(...evidence.firstSigners, 0) })],
    ['of different rounds', (evidence) => ({ ...evidence, first: { ...evidence.first, round: 2 } })],
    ['in the other order', (evidence) => ({ ...evidence, first: evidence.second, second: evidence.first })],
  ])('%s proves nothing', (_, change) => {
    expect(checkEvidence(change(good!)!)).toMatchObject({ error: { code: 'EVIDENCE_INVALID' } })
  })

  it('does not verify with other signers than signed', () => {
    const others = { ...good!, firstSigners: good!.secondSigners, secondSigners: good!.firstSigners }
    expect(blsVerifyBatch(evidenceItems(chainId, others))).toEqual([false, false])
  })
})
