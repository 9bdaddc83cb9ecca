import { slotHash, stateOutlineSchema, verifyOutline } from '../application/state-tree/outline.ts'
import { type StateRange, stateRangeSchema, verifyRange } from '../application/state-tree/range-proof.ts'
import { noCommitHash, transactionId, transactionsRoot } from '../chain/block.ts'
import { certifiedBlockSchema } from '../chain/block-message.ts'
import { commitHash } from '../chain/certificate.ts'
import { evidenceHash } from '../chain/evidence.ts'
import { headerSchema } from '../chain/header.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import { merkleRoot } from '../crypto/merkle.ts'
import type { ConsistentBlock } from '../light/light-block.ts'
import type { Network, PeerId } from '../ports/network.ts'
import { type Bytes, bytesEqual, compareBytes } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import {
  blockResultsSchema,
  type SnapshotOffer,
  type SnapshotRequest,
  snapshotListSchema,
  snapshotRequestSchema,
} from '../sync/snapshot-message.ts'
import type { FinalBlock } from './block-store.ts'

/**
 * Asks peers for parts of a snapshot, and checks each against a header that is trusted. Results are refusals where the peer lied, and
 * `undefined` where it has not what was asked for; a request that fails throws REQUEST_FAILED.
 */
export interface SnapshotClient {
  offers(peer: PeerId): Promise<Result<readonly SnapshotOffer[]>>
  /** The entries from there up to `until`, or up to the `to` of the answer. */
  range(peer: PeerId, asked: RangeAsked): Promise<Result<StateRange | undefined>>
  /** The hashes of the subtrees at a depth. */
  outline(peer: PeerId, height: number, root: Hash, depth: number): Promise<Result<readonly Bytes[] | undefined>>
  block(peer: PeerId, trusted: ConsistentBlock): Promise<Result<FinalBlock | undefined>>
}

export interface RangeAsked {
  readonly height: number
  readonly root: Hash
  readonly from: Bytes
  readonly until: Bytes | undefined
}

const timeoutMs = 10_000

export function createSnapshotClient(network: Network): SnapshotClient {
  const ask = (peer: PeerId, request: SnapshotRequest) =>
    network.request(peer, 'snapshot', encode(snapshotRequestSchema, request), { timeoutMs })
  /** What is kept of an answer outlives the buffer in which it came. */
  async function first(peer: PeerId, request: SnapshotRequest): Promise<Bytes | undefined> {
    for await (const part of ask(peer, request)) return part.slice()
    return undefined
  }

  return {
    async offers(peer) {
      const part = await first(peer, { type: 'list' })
      const decoded = part ? decode(snapshotListSchema, part) : ok({ snapshots: [] })
      return decoded.ok ? ok(decoded.value.snapshots) : decoded
    },
    async range(peer, { height, root, from, until }) {
      const part = await first(peer, { type: 'range', height, from, until })
      if (!part) return ok(undefined)
      const decoded = decode(stateRangeSchema, part)
      return decoded.ok ? checkRange(decoded.value, { height, root, from, until }) : decoded
    },
    async outline(peer, height, root, depth) {
      const part = await first(peer, { type: 'outline', height, depth })
      if (!part) return ok(undefined)
      const decoded = decode(stateOutlineSchema, part)
      if (!decoded.ok) return decoded
      if (decoded.value.depth !== depth || !verifyOutline(root, decoded.value)) {
        return reject('SNAPSHOT_FALSE', `the outline of height ${height}`)
      }
      return ok(decoded.value.slots.map(slotHash))
    },
    async block(peer, trusted) {
      const parts: Bytes[] = []
      for await (const part of ask(peer, { type: 'block', height: trusted.header.height })) parts.push(part.slice())
      return parts.length === 0 ? ok(undefined) : readSnapshotBlock(parts, trusted)
    },
  }
}

/** The range must be proved, begin where it was asked to, and lead on. */
export function checkRange(range: StateRange, { height, root, from, until }: RangeAsked): Result<StateRange> {
  const { to } = range
  const leadsOn = to === undefined ? until === undefined : until === undefined || compareBytes(to, until) <= 0
  if (!bytesEqual(range.from, from) || !leadsOn) return reject('SNAPSHOT_FALSE', `another range of height ${height}`)
  return verifyRange(root, range) ? ok(range) : reject('SNAPSHOT_FALSE', `a range of height ${height}`)
}

/** The block of a trusted header, with the results that the header names. */
export function readSnapshotBlock(parts: readonly Bytes[], { header, commit }: ConsistentBlock): Result<FinalBlock> {
  const certified = decode(certifiedBlockSchema, parts[0] as Bytes)
  if (!certified.ok) return certified
  const { block } = certified.value
  const results: Bytes[] = []
  for (const part of parts.slice(1)) {
    const decoded = decode(blockResultsSchema, part)
    if (!decoded.ok) return decoded
    results.push(...decoded.value.results)
  }
  const ids = block.transactions.map(transactionId)
  const whole =
    bytesEqual(encode(headerSchema, block.header), encode(headerSchema, header)) &&
    bytesEqual(transactionsRoot(ids), header.transactionsRoot) &&
    bytesEqual(merkleRoot(results), header.resultsHash) &&
    bytesEqual(evidenceHash(block.evidence), header.evidenceHash) &&
    bytesEqual(block.lastCommit ? commitHash(block.lastCommit) : noCommitHash, header.previousCommitHash)
  return whole ? ok({ block, commit, results }) : reject('SNAPSHOT_FALSE', `the block of height ${header.height}`)
}
