import { describe, expect, test } from 'vitest'
import { certificate, chainId, committee, signProposal, signVote, testBlock } from '../../test/consensus/validators.ts'
import { orderedEvidence } from '../chain/evidence.ts'
import { checkEvidence, evidenceItems } from '../chain/evidence-verification.ts'
import { commitItem, verifyCommit } from '../chain/light-verification.ts'
import { precommit, prevote } from '../chain/vote.ts'
import { blsVerifyBatch } from '../crypto/bls.ts'
import { checkCertificate, checkProposal, checkVote } from './verification.ts'

const of = committee([1n, 1n, 1n, 1n])
const context = { chainId, height: 1, validators: of.set, proposerOf: (round: number) => (round <= 16 ? round % 4 : undefined) }
const { block, hash } = testBlock(of, { salt: 'A' })
const vote = { kind: prevote, height: 1, round: 2, blockHash: hash } as const
const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }) => (result.ok ? 'ok' : result.error.code)
const holds = (result: ReturnType<typeof checkVote>) => result.ok && blsVerifyBatch([result.value])[0] === true

describe('a vote', () => {
  const signed = signVote(of, 1, vote)

  test('is checked under its signer’s key', () => {
    expect(holds(checkVote(signed, context))).toBe(true)
    expect(holds(checkVote({ ...signed, validator: 2 }, context))).toBe(false)
    expect(holds(checkVote(signed, { ...context, chainId: hash }))).toBe(false)
    expect(holds(checkVote({ ...signed, vote: { ...vote, blockHash: undefined } }, context))).toBe(false)
  })

  test.each([
    ['of another height', { ...signed, vote: { ...vote, height: 2 } }, 'VOTE_WRONG_HEIGHT'],
    ['of no kind', { ...signed, vote: { ...vote, kind: 0 } }, 'VOTE_UNKNOWN_KIND'],
    ['by nobody', { ...signed, validator: 4 }, 'VOTE_UNKNOWN_VALIDATOR'],
  ])('%s is refused', (_, bad, code) => {
    expect(codeOf(checkVote(bad, context))).toBe(code)
  })
})

describe('a proposal', () => {
  const signed = signProposal(of, 2, { height: 1, round: 2, validRound: undefined, blockHash: hash }, block)
  const otherOrder = { ...block, order: { batches: [hash], runs: [] } }
  const otherCommit = {
    ...block,
    lastCommit: { height: 0, round: 0, blockHash: hash, signers: Uint8Array.of(1), signature: new Uint8Array(96) },
  }
  const duplicate = orderedEvidence(
    of.keys[0]!.publicKey,
    signVote(of, 0, vote),
    signVote(of, 0, { ...vote, blockHash: undefined }),
  )

  test('is checked under the key of its round’s proposer', () => {
    expect(holds(checkProposal(signed, context))).toBe(true)
    expect(holds(checkProposal(signProposal(of, 1, signed.proposal, block), context))).toBe(false)
  })

  test.each([
    ['of another height', { ...signed, proposal: { ...signed.proposal, height: 2 } }, 'PROPOSAL_WRONG_HEIGHT'],
    ['too many rounds ahead', { ...signed, proposal: { ...signed.proposal, round: 17 } }, 'PROPOSAL_TOO_FAR'],
    [
      'whose polka is of its own round',
      { ...signed, proposal: { ...signed.proposal, validRound: 2 } },
      'PROPOSAL_WRONG_VALID_ROUND',
    ],
    ['with another header', { ...signed, block: testBlock(of, { salt: 'B' }).block }, 'PROPOSAL_WRONG_HASH'],
    ['with another order', { ...signed, block: otherOrder }, 'PROPOSAL_WRONG_HASH'],
    ['with another commit', { ...signed, block: otherCommit }, 'PROPOSAL_WRONG_HASH'],
    ['with other evidence', { ...signed, block: { ...block, evidence: [duplicate] } }, 'PROPOSAL_WRONG_HASH'],
  ])('%s is refused', (_, bad, code) => {
    expect(codeOf(checkProposal(bad, context))).toBe(code)
  })
})

describe('a certificate', () => {
  const proof = certificate(of, vote, [0, 1, 3])

  test('is checked under the sum of its signers’ keys', () => {
    expect(holds(checkCertificate(proof, context))).toBe(true)
    expect(holds(checkCertificate({ ...proof, signers: Uint8Array.of(0b0111) }, context))).toBe(false)
    expect(holds(checkCertificate({ ...proof, round: 1 }, context))).toBe(false)
  })

  test.each([
    ['of another height', { ...proof, height: 2 }, 'VOTE_WRONG_HEIGHT'],
    ['of no kind', { ...proof, kind: 0 }, 'VOTE_UNKNOWN_KIND'],
    ['with two thirds only', certificate(of, vote, [0, 1]), 'CERTIFICATE_NO_QUORUM'],
    ['with a bit beyond the set', { ...proof, signers: Uint8Array.of(0b11011) }, 'CERTIFICATE_MALFORMED'],
    ['with a byte too many', { ...proof, signers: Uint8Array.of(0b1011, 0) }, 'CERTIFICATE_MALFORMED'],
  ])('%s is refused', (_, bad, code) => {
    expect(codeOf(checkCertificate(bad, context))).toBe(code)
  })
})

describe('a commit', () => {
  const { signers, signature } = certificate(of, { ...vote, kind: precommit }, [0, 1, 3])
  const commit = { height: 1, round: 2, blockHash: hash, signers, signature }
  const check = async (items: Parameters<typeof blsVerifyBatch>[0]) => blsVerifyBatch(items)

  test('holds for its block, its round and its chain', async () => {
    expect(codeOf(await verifyCommit(chainId, commit, of.set, check))).toBe('ok')
    for (const bad of [
      { ...commit, round: 1 },
      { ...commit, height: 2 },
      { ...commit, blockHash: chainId },
    ]) {
      expect(codeOf(await verifyCommit(chainId, bad, of.set, check))).toBe('SIGNATURE_INVALID')
    }
    expect(codeOf(await verifyCommit(hash, commit, of.set, check))).toBe('SIGNATURE_INVALID')
  })

  test('prevotes make no commit', async () => {
    const polka = certificate(of, vote, [0, 1, 3])
    expect(codeOf(await verifyCommit(chainId, { ...commit, signature: polka.signature }, of.set, check))).toBe(
      'SIGNATURE_INVALID',
    )
  })

  test('stake counts, not heads', () => {
    const uneven = committee([10n, 1n, 1n, 1n])
    expect(codeOf(commitItem(chainId, { ...commit, signers: Uint8Array.of(0b1110) }, uneven.set))).toBe('CERTIFICATE_NO_QUORUM')
    expect(codeOf(commitItem(chainId, { ...commit, signers: Uint8Array.of(0b0001) }, uneven.set))).toBe('ok')
  })
})

describe('evidence', () => {
  const one = signVote(of, 0, vote)
  const other = signVote(of, 0, { ...vote, blockHash: undefined })
  const evidence = orderedEvidence(of.keys[0]!.publicKey, one, other)

  test('has one form, whichever vote came first, and both signatures hold', () => {
    expect(orderedEvidence(of.keys[0]!.publicKey, other, one)).toEqual(evidence)
    expect(codeOf(checkEvidence(evidence))).toBe('ok')
    expect(blsVerifyBatch(evidenceItems(chainId, evidence))).toEqual([true, true])
    expect(blsVerifyBatch(evidenceItems(chainId, { ...evidence, consensusKey: of.keys[1]!.publicKey }))).toEqual([false, false])
  })

  test.each([
    ['in the wrong order', { ...evidence, first: evidence.second, second: evidence.first }],
    ['of one vote twice', { ...evidence, second: evidence.first }],
    ['of two rounds', { ...evidence, second: { ...evidence.second, round: 3 } }],
    ['of two heights', { ...evidence, second: { ...evidence.second, height: 3 } }],
    ['of two kinds', { ...evidence, second: { ...evidence.second, kind: precommit } }],
    ['of no kind', { ...evidence, first: { ...evidence.first, kind: 0 }, second: { ...evidence.second, kind: 0 } }],
  ])('%s proves nothing', (_, bad) => {
    expect(codeOf(checkEvidence(bad))).toBe('EVIDENCE_INVALID')
  })
})
