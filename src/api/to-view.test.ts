import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Commit } from '../chain/certificate.ts'
import { blockHash, type Header } from '../chain/header.ts'
import { roundMax } from '../chain/limits.ts'
import { commitFromView, headerFromView, inclusionFromView, resultFromView, stateProofFromView } from '../client/from-view.ts'
import { blockView, eventView, stateProofView, transactionView } from '../client/views.ts'
import type { IncludedTransaction, NodeEvent } from '../engine/synod-node.ts'
import { toHex } from '../primitives/bytes.ts'
import { blockToView, eventToView, stateProofToView, transactionToView } from './to-view.ts'

/** Whatever a node holds can be said in the API's words, passes the client's parser as JSON, and is the same again behind it. */
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const hash = bytes(32)
const height = fc.maxSafeNat()
const round = fc.nat({ max: roundMax })

const header: fc.Arbitrary<Header> = fc.record({
  version: fc.nat({ max: 0xffff }),
  chainId: hash,
  height,
  time: fc.maxSafeNat(),
  previousHash: hash,
  previousCommitHash: hash,
  transactionsRoot: hash,
  orderHash: hash,
  validatorsHash: hash,
  nextValidatorsHash: hash,
  parametersHash: hash,
  appHash: hash,
  resultsHash: hash,
  evidenceHash: hash,
  proposer: bytes(48),
})
const commit: fc.Arbitrary<Commit> = fc.record({
  height,
  round,
  blockHash: hash,
  signers: fc.uint8Array({ minLength: 1, maxLength: 128 }),
  signature: bytes(96),
})

/** As it arrives at a client. */
const sent = (view: unknown): unknown => JSON.parse(JSON.stringify(view))

describe('a view', () => {
  it('of a block is its header and the commit in it', () => {
    fc.assert(
      fc.property(header, commit, (value, lastCommit) => {
        const view = blockView.parse(sent(blockToView({ header: value, lastCommit, evidence: [], transactions: [] })))
        expect(headerFromView(view.header)).toEqual(value)
        expect(view.lastCommit && commitFromView(view.lastCommit)).toEqual(lastCommit)
        expect(view.hash).toBe(toHex(blockHash(value)))
      }),
    )
  })

  it('of a state proof is that proof', () => {
    const other = fc.option(fc.record({ path: hash, valueHash: hash }), { nil: undefined })
    const proof = fc.record({ siblings: fc.array(hash, { maxLength: 256 }), other })
    fc.assert(
      fc.property(proof, (value) => {
        expect(stateProofFromView(stateProofView.parse(sent(stateProofToView(value))))).toEqual(value)
      }),
    )
  })

  it('of a transaction is that transaction, its result and its proofs', () => {
    const text = fc.string({ maxLength: 20 })
    const attributes = fc.array(fc.record({ key: text, value: text }), { maxLength: 4 })
    const inclusion = fc.record({ index: fc.nat(), size: fc.nat(), path: fc.array(hash, { maxLength: 16 }) })
    const included: fc.Arbitrary<IncludedTransaction> = fc.record({
      encoded: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      height,
      index: fc.nat(),
      result: fc.record({
        code: fc.nat({ max: 0xffff }),
        data: fc.uint8Array({ maxLength: 100 }),
        events: fc.array(fc.record({ type: text, attributes }), { maxLength: 4 }),
      }),
      proof: inclusion,
      resultProof: inclusion,
    })
    fc.assert(
      fc.property(hash, included, (id, value) => {
        const view = transactionView.parse(sent(transactionToView(id, value)))
        expect(resultFromView(view.result)).toEqual(value.result)
        expect(inclusionFromView(view.proof)).toEqual(value.proof)
        expect(inclusionFromView(view.resultProof)).toEqual(value.resultProof)
        expect(view).toMatchObject({ height: value.height, index: value.index })
      }),
    )
  })

  it.each<NodeEvent>([
    { type: 'round', height: 3, round: 0, step: 'propose' },
    { type: 'evidence', consensusKey: new Uint8Array(48), height: 2 },
    { type: 'fault', message: 'why' },
    { type: 'ban', target: 'p', reason: 'SIGNATURE_INVALID', until: 3 },
    { type: 'ban', target: '10.0.0.0/8', reason: 'by the operator', until: 'forever' },
    {
      type: 'peer-disconnected',
      peer: {
        id: 'p',
        connectionId: 1,
        address: 'a',
        host: 'h',
        transport: 'tcp',
        direction: 'inbound',
        protection: 'tls',
        latencyMs: undefined,
        relayed: false,
        connectedAt: 0,
      },
      reason: 'gone',
    },
  ])('of the event $type passes the client’s parser', (event) => {
    expect(eventView.safeParse(sent(eventToView(event))).success).toBe(true)
  })
})
