import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { transactionResultSchema } from '../application/application.ts'
import { bitmapOf } from '../chain/bitmap.ts'
import { transactionId, transactionsRoot } from '../chain/block.ts'
import { blockHash, type Header } from '../chain/header.ts'
import { validatorSet, validatorSetHash } from '../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../chain/vote.ts'
import { encode } from '../codec/codec.ts'
import { aggregateSignatures, blsKeypair, blsSign } from '../crypto/bls.ts'
import { sha256 } from '../crypto/hash.ts'
import { inclusionProof, merkleRoot } from '../crypto/merkle.ts'
import { type Bytes, toHex, utf8 } from '../primitives/bytes.ts'
import type { Client } from './client.ts'
import type { Trust } from './follow-chain.ts'
import { verifiedHeader, verifyTransaction } from './verify.ts'
import { lightBlockView, transactionView } from './views.ts'

const hash = (name: string) => sha256(utf8(name))
const keypairs = [1, 2, 3, 4].map((index) => blsKeypair(new Uint8Array(32).fill(index)))
const set = validatorSet(keypairs.map(({ publicKey }) => ({ consensusKey: publicKey, power: 10n })))
const trust: Trust = { chainId: hash('chain'), validators: set, genesisTime: 0 }

const transactions = ['a', 'b', 'c'].map(utf8)
const results = transactions.map((_, index) => ({ code: index, data: utf8('data'), events: [] }))
const encodedResults = results.map((result) => encode(transactionResultSchema, result))
const header: Header = {
  version: 1,
  chainId: trust.chainId,
  height: 7,
  time: 1000,
  previousHash: hash('previous'),
  previousCommitHash: hash('commit'),
  transactionsRoot: transactionsRoot(transactions.map(transactionId)),
  orderHash: hash('order'),
  validatorsHash: validatorSetHash(set),
  nextValidatorsHash: validatorSetHash(set),
  parametersHash: hash('parameters'),
  appHash: hash('app'),
  resultsHash: merkleRoot(encodedResults),
  evidenceHash: hash('evidence'),
  proposer: keypairs[0]?.publicKey as Bytes,
}

const hexed = (record: object) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, value instanceof Uint8Array ? toHex(value) : value]))
const proofOf = (leaves: readonly Bytes[], index: number) => {
  const { size, path } = inclusionProof(leaves, index)
  return { index, size, path: path.map(toHex) }
}

/** A commit of the block by these of the four, in set order. */
function commitBy(signers: readonly number[], of: Header = header) {
  const message = voteSignBytes(trust.chainId, { kind: precommit, height: of.height, round: 0, blockHash: blockHash(of) })
  const signatures = signers.map((index) => {
    const key = set.validators[index]?.consensusKey as Bytes
    const keypair = keypairs.find(({ publicKey }) => toHex(publicKey) === toHex(key))
    if (!keypair) throw new Error('unreachable')
    return blsSign(keypair, message)
  })
  const signature = aggregateSignatures(signatures) as Bytes
  const signed = { height: of.height, round: 0, blockHash: blockHash(of), signers: bitmapOf(signers, 4), signature }
  return hexed(signed)
}

const members = {
  validators: set.validators.map(({ consensusKey, power }) => ({ consensusKey: toHex(consensusKey), power: power.toString() })),
  nextValidators: null,
  possessions: [],
}
const goodBlock = { hash: toHex(blockHash(header)), header: hexed(header), lastCommit: null, evidence: [], transactions: [] }
const goodTransaction = {
  id: toHex(transactionId(transactions[1] as Bytes)),
  height: 7,
  index: 1,
  encoded: toHex(transactions[1] as Bytes),
  result: { code: 1, data: toHex(utf8('data')), events: [] },
  proof: proofOf(transactions.map(transactionId), 1),
  resultProof: proofOf(encodedResults, 1),
}

/** A node that answers with this header and commit, as far as a client parses them. */
function nodeWith(block: unknown, commit: unknown, named: object = members): Client {
  const parsed = lightBlockView.safeParse({ ...named, header: (block as typeof goodBlock).header, commit })
  const lightBlock = async () => {
    if (!parsed.success) throw new Error('unparsable')
    return parsed.data
  }
  return { url: 'http://node', lightBlock } as unknown as Client
}

describe('a header', () => {
  it('is believed when three of four signed it', async () => {
    expect(await verifiedHeader(nodeWith(goodBlock, commitBy([0, 1, 3])), 7, trust)).toEqual({ ok: true, value: header })
  })

  it.each([
    ['two of four', goodBlock, commitBy([0, 1]), 'CERTIFICATE_NO_QUORUM'],
    [
      'signers who did not sign',
      goodBlock,
      { ...commitBy([0, 1, 2]), signers: commitBy([0, 1, 3])['signers'] },
      'SIGNATURE_INVALID',
    ],
    ['a bitmap of another set', goodBlock, { ...commitBy([0, 1, 2]), signers: '0700' }, 'CERTIFICATE_MALFORMED'],
    [
      'a changed header',
      { ...goodBlock, header: { ...hexed(header), time: 1001 } },
      commitBy([0, 1, 2]),
      'LIGHT_BLOCK_MALFORMED',
    ],
    [
      'another chain',
      { ...goodBlock, header: { ...hexed(header), chainId: toHex(hash('x')) } },
      commitBy([0, 1, 2]),
      'BLOCK_WRONG_CHAIN',
    ],
    ['another height', { ...goodBlock, header: { ...hexed(header), height: 8 } }, commitBy([0, 1, 2]), 'LIGHT_BLOCK_MALFORMED'],
    ['a commit of another height', goodBlock, { ...commitBy([0, 1, 2]), height: 8 }, 'LIGHT_BLOCK_MALFORMED'],
    ['a commit of another round', goodBlock, { ...commitBy([0, 1, 2]), round: 1 }, 'SIGNATURE_INVALID'],
  ])('with %s is refused', async (_name, block, commit, code) => {
    expect(await verifiedHeader(nodeWith(block, commit), 7, trust)).toMatchObject({ ok: false, error: { code } })
  })

  it('decided by validators of its own naming is refused', async () => {
    const own = { ...header, validatorsHash: hash('other validators') }
    const block = { ...goodBlock, header: hexed(own) }
    const refused = await verifiedHeader(nodeWith(block, commitBy([0, 1, 2], own)), 7, trust)
    expect(refused).toMatchObject({ ok: false, error: { code: 'LIGHT_BLOCK_MALFORMED' } })
  })
})

describe('a transaction', () => {
  it('is believed with its proofs', () => {
    expect(verifyTransaction(transactionView.parse(goodTransaction), header)).toEqual({ ok: true, value: undefined })
  })

  it.each([
    ['other bytes', { encoded: toHex(utf8('z')) }],
    ['another id', { id: toHex(hash('z')) }],
    ['another height', { height: 8 }],
    ['another index', { index: 2 }],
    ['a better result', { result: { ...goodTransaction.result, code: 0 } }],
    ['another’s result and proof', { result: { ...goodTransaction.result, code: 2 }, resultProof: proofOf(encodedResults, 2) }],
    ['a proof of another place', { proof: { ...goodTransaction.proof, index: 0 } }],
    ['a shortened proof', { proof: { ...goodTransaction.proof, path: goodTransaction.proof.path.slice(1) } }],
  ])('with %s is refused', (_name, change) => {
    const view = transactionView.parse({ ...goodTransaction, ...change })
    expect(verifyTransaction(view, header)).toMatchObject({ ok: false, error: { code: 'PROOF_INVALID' } })
  })
})

describe('a hostile node', () => {
  let answers: fc.Arbitrary<unknown>
  beforeAll(() => {
    const atoms = fc.constantFrom<unknown>(
      '',
      '00',
      'ff'.repeat(48),
      'é'.repeat(64),
      '\ud800',
      'ab'.repeat(4096),
      -1,
      0,
      1e6 + 1,
      2 ** 53 - 1,
      null,
      [],
      {},
    )
    answers = fc.oneof(atoms, fc.array(fc.record({ type: atoms, attributes: fc.array(fc.record({ key: atoms, value: atoms })) })))
  })

  /** The record with one of its fields, at any depth, replaced. */
  function spoilt(record: unknown, path: readonly number[], value: unknown): unknown {
    if (typeof record !== 'object' || record === null || path.length === 0) return value
    const keys = Object.keys(record)
    const key = keys[(path[0] as number) % Math.max(1, keys.length)]
    if (key === undefined) return value
    const inner = spoilt((record as Record<string, unknown>)[key], path.slice(1), value)
    return Array.isArray(record)
      ? record.map((item, index) => (String(index) === key ? inner : item))
      : { ...record, [key]: inner }
  }

  it('is refused by the parser or the proof, and never crashes the client', async () => {
    const commit = commitBy([0, 1, 2])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }), answers, async (path, value) => {
        const transaction = transactionView.safeParse(spoilt(goodTransaction, path, value))
        if (transaction.success) verifyTransaction(transaction.data, header)
        const light = { ...members, header: goodBlock.header, commit }
        const answered = lightBlockView.safeParse(spoilt(light, path, value))
        if (answered.success) await verifiedHeader(nodeWith(answered.data, answered.data.commit, answered.data), 7, trust)
      }),
      { numRuns: 300 },
    )
  })
})
