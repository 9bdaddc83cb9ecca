import { describe, expect, it } from 'vitest'
import type { ConflictingCertificates } from '../chain/evidence.ts'
import { checkEvidence, evidenceItems, evidenceKeys } from '../chain/evidence-verification.ts'
import type { Header } from '../chain/header.ts'
import { headersContradict } from '../chain/header-contradiction.ts'
import { validatorSet } from '../chain/validator-set.ts'
import { type MadeChainOptions, madeChainId, madeKey, makeChain } from '../cli/bench/made-chain.ts'
import { blsVerifyBatch } from '../crypto/bls.ts'
import { sha256 } from '../crypto/hash.ts'
import { bytesEqual, compareBytes, utf8 } from '../primitives/bytes.ts'
import { analyseAttack } from './attack.ts'
import { type ConsistentBlock, readLightBlock } from './light-block.ts'

const height = 5
const lie = sha256(utf8('a lie'))
const stranger = madeKey(999).publicKey

function blockOf(options: Partial<MadeChainOptions> = {}): ConsistentBlock {
  const chain = makeChain({ heights: height, validators: 4, genesisTime: 1_700_000_000_000, ...options })
  const read = readLightBlock(madeChainId, chain.lightBlock(height))
  if (!read.ok) throw new Error(read.error.code)
  return read.value
}
const at5 = (change: Partial<Header>) => (at: number, header: Header) => (at === height ? { ...header, ...change } : header)
const true5 = blockOf({ signers: () => [0, 1, 2] })
const { genesis } = makeChain({ heights: 1, validators: 4, genesisTime: 1_700_000_000_000 })
const falseSet: Partial<MadeChainOptions> = {
  round: () => 2,
  header: at5({ previousHash: true5.header.previousHash }),
  set: (at, set) => (at >= height ? validatorSet([...set.validators, { consensusKey: stranger, power: 1n }]) : set),
}
const attackBy = (options: Partial<MadeChainOptions>) =>
  analyseAttack(genesis, true5, blockOf({ ...options, signers: falseSigners }))
/** All but the last of the four, and whoever is not of them. */
const falseSigners: NonNullable<MadeChainOptions['signers']> = (_, set) =>
  [...set.validators.keys()].filter(
    (index) => !bytesEqual(set.validators[index]!.consensusKey, true5.validators.validators[0]!.consensusKey),
  )
const holds = (piece: ConflictingCertificates) =>
  checkEvidence(piece).ok && blsVerifyBatch(evidenceItems(madeChainId, piece)).every(Boolean)

describe('a false header', () => {
  it.each<[string, Partial<MadeChainOptions>, object]>([
    ['of validators of its own', falseSet, { kind: 'lunatic', convicted: 2, suspects: 2 }],
    [
      'of other parameters',
      { round: () => 2, header: at5({ parametersHash: lie }) },
      { kind: 'lunatic', convicted: 2, suspects: 2 },
    ],
    [
      'of the same content and another state',
      { round: () => 2, header: at5({ appHash: lie }) },
      { kind: 'lunatic', convicted: 2, suspects: 2 },
    ],
    ['of the round of the true one', { header: at5({ parametersHash: lie }) }, { kind: 'lunatic', convicted: 2, suspects: 2 }],
    [
      'of another parent, which a fork could excuse',
      { ...falseSet, header: at5({ previousHash: lie }) },
      { kind: 'lunatic', convicted: 0, suspects: 4 },
    ],
    [
      'of other content',
      { round: () => 2, header: at5({ transactionsRoot: lie, appHash: lie }) },
      { kind: 'amnesia', convicted: 0, suspects: 2 },
    ],
  ])('%s is proved against who signed it and the chain’s, as far as it is proved', (_, options, expected) => {
    const { kind, convicted, suspects, evidence } = attackBy(options)
    expect({ kind, convicted: convicted.length, suspects: suspects.length }).toEqual(expected)
    expect(evidence.map(({ consensusKey }) => consensusKey)).toEqual(convicted)
    expect(evidence.every(holds)).toBe(true)
  })

  it('needs no stranger to be a validator whose key it proves, and everybody else', () => {
    const [piece] = attackBy(falseSet).evidence
    expect(piece!.keys.some((key) => bytesEqual(key, stranger))).toBe(true)
    expect(evidenceKeys(piece!)).toHaveLength(4)
    expect(evidenceKeys(piece!).some((key) => bytesEqual(key, stranger))).toBe(false)
    expect(evidenceKeys({ ...piece!, possessions: [] })).toHaveLength(5)
  })

  const [good] = attackBy(falseSet).evidence
  const lawful = attackBy({ round: () => 2, header: at5({ transactionsRoot: lie, appHash: lie }) })
  const another = analyseAttack(genesis, true5, blockOf({ header: at5({ appHash: lie }) })).evidence[0]!
  it.each<[string, (piece: ConflictingCertificates) => ConflictingCertificates]>([
    ['without its headers', (piece) => ({ ...piece, headers: undefined })],
    [
      'with headers of other blocks',
      (piece) => ({ ...piece, headers: { first: piece.headers!.second, second: piece.headers!.first } }),
    ],
    ['with headers where the votes say all', (piece) => ({ ...another, headers: piece.headers })],
    ['as prevotes', (piece) => ({ ...piece, first: { ...piece.first, kind: 1 }, second: { ...piece.second, kind: 1 } })],
    [
      'with a proof of a key that signed nothing',
      (piece) => ({ ...piece, possessions: [{ ...piece.possessions[0]!, consensusKey: madeKey(7).publicKey }] }),
    ],
    ['with a proof twice', (piece) => ({ ...piece, possessions: [...piece.possessions, ...piece.possessions] })],
    ['against who signed one of them', (piece) => ({ ...piece, consensusKey: stranger })],
  ])('proves nothing %s', (_, change) => {
    expect(holds(good!)).toBe(true)
    expect(checkEvidence(change(good!))).toMatchObject({ error: { code: 'EVIDENCE_INVALID' } })
  })

  it('proves nothing by a key that its owner does not know', () => {
    const proof = good!.possessions[0]!
    const forged = { ...good!, possessions: [{ ...proof, operator: new Uint8Array(20) }] }
    expect(checkEvidence(forged).ok).toBe(true)
    expect(blsVerifyBatch(evidenceItems(madeChainId, forged))).toEqual([true, true, false])
  })

  it('differs from what honest validators may sign in two rounds', () => {
    expect(headersContradict(lawful.first.header, lawful.second.header)).toBe(false)
    expect(headersContradict(true5.header, true5.header)).toBe(false)
    expect(headersContradict(true5.header, { ...true5.header, height: 6, version: 2 })).toBe(false)
    expect([...good!.keys].sort(compareBytes)).toEqual(good!.keys)
  })
})
