/**
 * When a height begins. A paced chain leaves an interval between blocks; on a fixed schedule block h is due at genesis + h × interval,
 * and a chain behind its schedule makes blocks without waiting until it has caught up. Spec: docs/spec/consensus.md, pacing.
 */
import type { ConsensusParameters } from '../chain/chain-spec.ts'

/**
 * The time, in milliseconds since the Unix epoch, before which round 0 does not begin. Depends on the chain alone, so that all nodes
 * agree on it, but is never before `now`.
 * @param previousTime the previous block's time; at height 1 the genesis time.
 */
export function startTime(options: {
  readonly parameters: Pick<ConsensusParameters, 'interval_ms' | 'schedule'>
  readonly genesisTime: number
  readonly height: number
  readonly previousTime: number
  readonly now: number
}): number {
  const { parameters, genesisTime, height, previousTime, now } = options
  const intervalMs = parameters.interval_ms
  if (intervalMs === 0) return now
  const due = parameters.schedule === 'fixed' ? genesisTime + height * intervalMs : previousTime + intervalMs
  return Math.max(now, due)
}
