import type { LightTrust } from './peer-light-client.ts'

/** Which states this node keeps for others, and whether it begins with one itself. */
export interface SnapshotSettings {
  /** States at multiples of it are kept; 0: none. */
  readonly intervalBlocks: number
  /** How many of them. */
  readonly kept: number
}

export interface StateSyncSettings {
  readonly trust: LightTrust
  /** A node that has blocks begins anew only where it is so many behind. */
  readonly lagBlocksMin: number
  /** How long to look for anybody who offers a snapshot. */
  readonly patienceMs: number
}
