import { describe, expect, it } from 'vitest'
import { createTestChain } from '../../test/engine/test-chain.ts'
import { createOverlay } from '../application/overlay.ts'
import type { Evidence } from '../chain/evidence.ts'
import { blockHash } from '../chain/header.ts'
import { validatorSet } from '../chain/validator-set.ts'
import { voteSignBytes } from '../chain/vote.ts'
import { aggregateSignatures, blsKeypair, blsSign, provePossession } from '../crypto/bls.ts'
import { sha256 } from '../crypto/hash.ts'
import { accuse } from '../light/accuse.ts'
import { conflictOf, signersOfCommit } from '../light/conflict.ts'
import { offenceBehind } from '../peers/rejection-offences.ts'
import type { Verifier } from '../ports/verifier.ts'
import { bytesEqual, compareBytes } from '../primitives/bytes.ts'
import { type RejectionCode, rejections } from '../primitives/error-catalogue.ts'
import { createEvidencePool } from './evidence-pool.ts'
import { areAccountable, writeRetired, writeSystemState } from './system-state.ts'

const ageBlocksMax = 2

async function setUp(wrap: (verifier: Verifier) => Verifier = (verifier) => verifier) {
  const test = await createTestChain()
  const { chain, chainId, simulated, nextBlock, doubleVote } = test
  const state = () => chain.state.reader()
  const pool = createEvidencePool({
    chainId,
    verifier: wrap(test.verifier),
    ageBlocksMax,
    height: () => chain.tip().height,
    state,
  })
  const commit = async (evidence: readonly Evidence[] = []) => {
    const { block, commit: certificate, executed } = nextBlock([], evidence)
    await chain.commit(block, certificate, executed)
    pool.committed(evidence, chain.tip().height)
  }
  const accused = simulated.validators[0]!
  return { ...test, pool, commit, state, accused, double: (height = 1, salt = 0) => doubleVote(accused, height, salt) }
}

describe('evidence pool', () => {
  it('holds genuine evidence until a block carries it, and refuses it ever after', async () => {
    const { pool, commit, state, double } = await setUp()
    expect(await pool.add(double())).toEqual({ ok: true, value: true })
    expect(await pool.add(double())).toEqual({ ok: true, value: false })
    expect(pool.pending()).toEqual([double()])
    expect(await pool.check(pool.pending(), state())).toMatchObject({ ok: true })
    await commit(pool.pending())
    expect(pool.pending()).toEqual([])
    expect(await pool.add(double())).toMatchObject({ ok: false, error: { code: 'EVIDENCE_KNOWN' } })
    expect(await pool.check([double()], state())).toMatchObject({ ok: false, error: { code: 'EVIDENCE_KNOWN' } })
  })

  it('holds two certificates of one round against who signed both, and punishes once who voted twice in it as well', async () => {
    const { chain, pool, commit, commitOf, state } = await setUp()
    const { validators } = chain.tip()
    const commits = [commitOf(sha256(Uint8Array.of(1)), 1), commitOf(sha256(Uint8Array.of(2)), 1)] as const
    const [piece, other] = accuse({ validators, commits }, []).evidence
    expect(await pool.add(piece!)).toEqual({ ok: true, value: true })
    const forged = { ...other!, firstSigners: Uint8Array.of(0b0111), secondSigners: Uint8Array.of(0b1111) }
    expect(await pool.add(forged)).toMatchObject({ ok: false, error: { code: 'EVIDENCE_INVALID' } })
    const keys = piece!.keys.toSpliced(0, 1, blsKeypair(sha256(Uint8Array.of(9))).publicKey).toSorted(compareBytes)
    expect(await pool.add({ ...other!, keys })).toMatchObject({ ok: false })
    await commit(pool.pending())
    expect(await pool.check([piece!], state())).toMatchObject({ ok: false, error: { code: 'EVIDENCE_KNOWN' } })
    expect(await pool.add(other!)).toEqual({ ok: true, value: true })
  })

  it('holds a false header against who signed it and the chain’s, whoever else signed it and in whatever round', async () => {
    const { chain, chainId, pool, commit, commitOf, nextBlock, accused, double } = await setUp()
    const { block, commit: certificate } = nextBlock()
    await commit()
    const { validators } = chain.tip()
    const header = { ...block.header, parametersHash: sha256(Uint8Array.of(3)) }
    const own = { ...signersOfCommit(certificate, validators), header: block.header }
    const stranger = blsKeypair(sha256(Uint8Array.of(7)))
    const lie = signersOfCommit(commitOf(blockHash(header), 1, [0, 1, 2, 3], 4), validators)
    const also = blsSign(stranger, voteSignBytes(chainId, lie.vote))
    const signature = aggregateSignatures([lie.signature, also])
    const lies = { vote: lie.vote, signers: [...lie.signers, stranger.publicKey], signature, header }
    const proof = { consensusKey: stranger.publicKey, operator: undefined, proof: provePossession(stranger) }
    const pieces = conflictOf(own, lies, [proof])
    expect(pieces).toHaveLength(4)
    const piece = pieces.find(({ consensusKey }) => bytesEqual(consensusKey, accused.publicKey))!
    const refused = async (change: object, code: RejectionCode) =>
      expect(await pool.add({ ...piece, ...change })).toMatchObject({ ok: false, error: { code } })
    await refused({ possessions: [] }, 'EVIDENCE_STRANGER')
    await refused({ consensusKey: stranger.publicKey }, 'EVIDENCE_STRANGER')
    await refused({ possessions: [{ ...proof, proof: also }] }, 'EVIDENCE_INVALID')
    await refused({ headers: undefined }, 'EVIDENCE_INVALID')
    await refused({ headers: { ...piece.headers, second: piece.headers!.first } }, 'EVIDENCE_INVALID')
    expect(await pool.add(piece)).toEqual({ ok: true, value: true })
    await commit(pool.pending())
    // Two votes of that height as well: it is punished for them already.
    expect(await pool.add(double(1))).toMatchObject({ ok: false, error: { code: 'EVIDENCE_KNOWN' } })
  })

  it('counts an offence once, whichever votes prove it', async () => {
    const { pool, commit, state, double } = await setUp()
    await pool.add(double(1, 0))
    expect(await pool.add(double(1, 9))).toEqual({ ok: true, value: false })
    expect(await pool.check([double(1, 0), double(1, 9)], state())).toMatchObject({
      ok: false,
      error: { code: 'EVIDENCE_KNOWN' },
    })
    expect(await pool.check([double(1, 9)], state())).toMatchObject({ ok: true })
    await commit([double(1, 9)])
    expect(pool.pending()).toEqual([])
  })

  it.each<[string, RejectionCode, (test: Awaited<ReturnType<typeof setUp>>) => Evidence]>([
    ['of a height to come', 'EVIDENCE_AGE', ({ double }) => double(2)],
    ['against a stranger', 'EVIDENCE_STRANGER', ({ doubleVote }) => doubleVote(blsKeypair(sha256(Uint8Array.of(7))), 1)],
    ['with a forged signature', 'EVIDENCE_INVALID', ({ double }) => ({ ...double(), firstSignature: double().secondSignature })],
    ['of two equal votes', 'EVIDENCE_INVALID', ({ double }) => ({ ...double(), second: double().first })],
  ])('refuses evidence %s: %s, in a block too', async (_, code, make) => {
    const test = await setUp()
    expect(await test.pool.add(make(test))).toMatchObject({ ok: false, error: { code } })
    expect(await test.pool.check([make(test)], test.state())).toMatchObject({ ok: false, error: { code } })
  })

  it('proposes nothing that has grown too old for a block', async () => {
    const { pool, commit, state, double } = await setUp()
    await pool.add(double())
    for (let height = 1; height <= ageBlocksMax; height++) {
      expect(await pool.check(pool.pending(), state())).toMatchObject({ ok: true })
      await commit()
    }
    await commit()
    expect(pool.pending()).toEqual([])
    expect(await pool.add(double())).toMatchObject({ ok: false, error: { code: 'EVIDENCE_AGE' } })
  })

  it('does not take in what a block punished while it was being checked', async () => {
    let beforeAnswer = async () => undefined as unknown
    const { pool, commit, double } = await setUp((verifier) => ({
      ...verifier,
      async bls(items) {
        await beforeAnswer()
        return verifier.bls(items)
      },
    }))
    beforeAnswer = () => {
      beforeAnswer = async () => undefined
      return commit([double()])
    }
    expect(await pool.add(double())).toMatchObject({ ok: false, error: { code: 'EVIDENCE_KNOWN' } })
    expect(pool.pending()).toEqual([])
  })

  it('reaches those who have left for what they did until then, and no further', async () => {
    const { chain, state } = await setUp()
    const before = chain.tip().validators
    const [gone, ...staying] = before.validators
    const after = validatorSet(staying)
    const overlay = createOverlay(state())
    writeSystemState(overlay, { ...chain.tip(), validators: after, priorities: [0n, 0n, 0n] })
    writeRetired(overlay, before, after, 5)
    const reached = [4, 5, 6].map((height) => areAccountable(overlay, [gone!.consensusKey], height))
    expect(reached).toEqual([true, true, false])
    expect(areAccountable(overlay, [staying[0]!.consensusKey], 6)).toBe(true)
  })
  it('against who has only just become a validator is no offence of a peer that knows it already', async () => {
    const { chain, state, accused } = await setUp()
    const before = validatorSet(
      chain.tip().validators.validators.filter(({ consensusKey }) => !bytesEqual(consensusKey, accused.publicKey)),
    )
    const behind = createOverlay(state())
    writeSystemState(behind, { ...chain.tip(), validators: before })
    expect([state(), behind].map((at) => areAccountable(at, [accused.publicKey], 1))).toEqual([true, false])
    expect(offenceBehind('EVIDENCE_STRANGER', rejections.EVIDENCE_STRANGER.verdict)).toBeUndefined()
  })
})
