/**
 * How a state is fetched: the snapshots that a peer offers, and parts of them. A snapshot is the state after a block; each part of it is
 * proved against the state root of that block's header by itself, so nothing else about a snapshot has to be believed.
 * Spec: docs/spec/state-sync.md.
 */
import { outlineDepthMax } from '../application/state-tree/outline.ts'
import { bytes, documented, type Infer, list, optional, struct, uint, variant } from '../codec/schema.ts'
import { hashBytes } from '../crypto/hash.ts'

/** In a hello: the node answers requests for snapshots. */
export const snapshotCapability = 'snapshot'

export const snapshotsMax = 16

const path = bytes({ length: hashBytes })

export const snapshotRequestSchema = variant('SnapshotRequest', {
  list: { tag: 0, schema: documented(struct('ListSnapshots', {}), 'Answered with a SnapshotList.') },
  range: {
    tag: 1,
    schema: documented(
      struct('SnapshotRange', { height: uint(), from: path, until: optional(path) }),
      'Answered with a StateRange from there, ended early where it becomes long, or with nothing.',
    ),
  },
  outline: {
    tag: 2,
    schema: documented(
      struct('SnapshotOutline', { height: uint(), depth: uint({ max: outlineDepthMax }) }),
      'Answered with a StateOutline, or with nothing.',
    ),
  },
  block: {
    tag: 3,
    schema: documented(
      struct('SnapshotBlock', { height: uint() }),
      'Answered with a CertifiedBlock, then with the results of its transactions in BlockResults, or with nothing.',
    ),
  },
})
export type SnapshotRequest = Infer<typeof snapshotRequestSchema>

export const snapshotListSchema = struct('SnapshotList', {
  /** The newest first. */
  snapshots: list(
    struct('Snapshot', {
      height: uint(),
      /** How many entries the state has: how finely to divide it. Not proved by anything. */
      entries: uint(),
    }),
    { max: snapshotsMax },
  ),
})
export type SnapshotOffer = Infer<typeof snapshotListSchema>['snapshots'][number]

/** Results of a block's transactions, in order, each encoded by itself. */
export const blockResultsSchema = struct('BlockResults', { results: list(bytes({ max: 1 << 20 }), { max: 65_536 }) })
