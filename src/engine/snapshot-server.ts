import { outlineDepthMax, stateOutlineSchema } from '../application/state-tree/outline.ts'
import { stateRangeSchema } from '../application/state-tree/range-proof.ts'
import { certifiedBlockSchema } from '../chain/block-message.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Bytes } from '../primitives/bytes.ts'
import {
  blockResultsSchema,
  type SnapshotOffer,
  snapshotListSchema,
  snapshotRequestSchema,
  snapshotsMax,
} from '../sync/snapshot-message.ts'
import type { Chain } from './chain.ts'
import { requestRejected } from './request-rejection.ts'

/** Parts of the states that this node keeps, for those who begin with one instead of with the genesis. */
export interface SnapshotServer {
  /** What is offered, the newest first. */
  offers(): readonly SnapshotOffer[]
  serve(request: Bytes): Generator<Bytes>
}

/** Bytes of entries in one part of an answer. */
const rangeBytes = 1 << 20
const resultsBytes = 1 << 20

/** @param intervalBlocks offered are the states at its multiples; 0: none. */
export function createSnapshotServer(options: { chain: Chain; intervalBlocks: number }): SnapshotServer {
  const { chain, intervalBlocks } = options
  const { state, blocks } = chain

  const isOffered = (height: number): boolean =>
    intervalBlocks > 0 && height > 0 && height % intervalBlocks === 0 && height >= blocks.oldest && height <= chain.tip().height

  function offers(): readonly SnapshotOffer[] {
    const heights = state.kept().filter(isOffered).slice(-snapshotsMax)
    return heights.reverse().map((height) => ({ height, entries: state.treeAt(height).leaves }))
  }

  /** It may be let go at any time: then the rest of an answer is missing. */
  const isKept = (height: number): boolean => isOffered(height) && state.kept().includes(height)

  return {
    offers,
    *serve(message) {
      const decoded = decode(snapshotRequestSchema, message)
      if (!decoded.ok) throw requestRejected(decoded.error)
      const asked = decoded.value
      if (asked.type === 'list') return void (yield encode(snapshotListSchema, { snapshots: offers() }))
      if (!isKept(asked.height)) return
      if (asked.type === 'range') {
        yield encode(stateRangeSchema, state.proveRange(asked.from, rangeBytes, asked.height, asked.until))
      } else if (asked.type === 'outline') {
        yield encode(stateOutlineSchema, state.outline(Math.min(asked.depth, outlineDepthMax), asked.height))
      } else yield* serveSnapshotBlock(chain, asked.height)
    },
  }
}

/** A block and the results of its transactions, as peers are sent them. */
export function* serveSnapshotBlock({ blocks }: Chain, height: number): Generator<Bytes> {
  const final = blocks.read(height)
  if (!final) return
  yield encode(certifiedBlockSchema, { block: final.block, commit: final.commit })
  let results: Bytes[] = []
  let bytes = 0
  for (const result of final.results) {
    results.push(result)
    bytes += result.length
    if (bytes < resultsBytes) continue
    yield encode(blockResultsSchema, { results })
    results = []
    bytes = 0
  }
  if (results.length > 0) yield encode(blockResultsSchema, { results })
}
