import type { SnapshotSettings, StateSyncSettings } from '../../engine/snapshot-settings.ts'
import { fromHex } from '../../primitives/bytes.ts'
import type { NodeConfig } from './node-config.ts'

const hourMs = 3_600_000

/**
 * How long what is kept of the chain stays, and with what the node begins. A block convinces no longer than the stake behind its
 * signatures takes to unbond: who has taken it out signs anything for nothing.
 */
export function stateSettingsOf(
  { node, state }: NodeConfig,
  unbondingMs: number,
): {
  readonly stateVersionsKept: number
  readonly blocksRetained?: number
  readonly snapshots: SnapshotSettings
  readonly stateSync: StateSyncSettings | undefined
} {
  const { trust_height: height, trust_hash } = state
  const hash = trust_hash === undefined ? undefined : fromHex(trust_hash)
  return {
    stateVersionsKept: Math.max(node.state_versions_kept, node.rollback_blocks_max + 1),
    ...(node.retain_blocks !== 'all' && { blocksRetained: node.retain_blocks }),
    snapshots: { intervalBlocks: state.snapshot_interval_blocks, kept: state.snapshots_kept },
    stateSync:
      state.sync && height !== undefined && hash
        ? {
            trust: { height, hash, periodMs: Math.min(state.trust_period_hours * hourMs, unbondingMs) },
            lagBlocksMin: state.lag_blocks,
            patienceMs: state.patience_ms,
          }
        : undefined,
  }
}
