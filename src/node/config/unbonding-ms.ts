import { ledgerParametersSchema } from '../../application/ledger/parameters.ts'
import type { ChainSpec } from '../../chain/chain-spec.ts'

/**
 * The least time in which stake of the chain becomes free, in milliseconds: blocks are never closer than the interval. Infinity where
 * nothing is known of it: of an application of one's own, and of a chain that is as fast as votes travel.
 */
export function unbondingMsOf({ application, consensus }: ChainSpec): number {
  const ledger = application.name === 'ledger' ? ledgerParametersSchema.safeParse(application.parameters) : undefined
  if (!ledger?.success || consensus.interval_ms === 0) return Number.POSITIVE_INFINITY
  return ledger.data.unbonding_blocks * consensus.interval_ms
}
