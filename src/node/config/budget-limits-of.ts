import type { BudgetLimits } from '../../peers/budget-policy.ts'
import { defaultResourceLimits, type ResourceLimits } from '../../peers/resource-manager.ts'
import type { NodeConfig } from './node-config.ts'

export function budgetLimitsOf({ defence }: NodeConfig): BudgetLimits {
  const chosen = (setting: number | 'auto') => (setting === 'auto' ? undefined : setting)
  return {
    controlPerMinute: defence.control_per_minute,
    consensusPerMinute: chosen(defence.consensus_per_minute),
    batchesPerMinute: chosen(defence.batches_per_minute),
    requestsPerMinute: chosen(defence.requests_per_minute),
    bytesPerMinute: defence.bytes_per_minute,
    allPeersFactor: defence.all_peers_factor,
  }
}

export function resourceLimitsOf({ defence }: NodeConfig): ResourceLimits {
  return { ...defaultResourceLimits, lagMs: defence.lag_ms_max }
}
