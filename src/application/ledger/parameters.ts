import { z } from 'zod'
import type { Operation } from '../../chain/transaction.ts'

const basisPoints = z.int().min(0).max(10_000)
const blocks = z.int().min(1).max(100_000_000)

/** The `[ledger]` section of a chain spec: what the built-in ledger asks of everybody. Amounts are base units, 10⁹ to a token. */
export const ledgerParametersSchema = z.strictObject({
  minimum_fee: z
    .int()
    .min(0)
    .default(1000)
    .describe('Least fee for each operation of a transaction, in base units (10⁹ to a token).'),
  registration_fee: z
    .int()
    .min(0)
    .default(1_000_000)
    .describe(
      'Added to the least fee for each validator registration and key rotation, whose key costs every node a pairing to check.',
    ),
  minimum_stake: z
    .int()
    .min(1)
    .default(1_000_000_000_000)
    .describe('Least stake of a validator, in base units: 1,000 tokens unless changed.'),
  unbonding_blocks: z
    .int()
    .min(1)
    .max(100_000_000)
    .default(200_000)
    .describe('Blocks until unstaked tokens are free. Must exceed the age at which evidence expires.'),
  slash_basis_points: z
    .int()
    .min(0)
    .max(10_000)
    .default(500)
    .describe('Part of a double-signing validator’s stake that is destroyed, in ten-thousandths.'),
  proposer_basis_points: basisPoints
    .default(2000)
    .describe(
      'Part of a block’s fees and issuance that its proposer gets, in ten-thousandths. Who signed the block shares the rest.',
    ),
  issuance_per_block: z
    .int()
    .min(0)
    .default(0)
    .describe('Base units created with every block, and shared as its fees are. No more than 2⁶⁴ − 1 are ever issued.'),
  minimum_delegation: z
    .int()
    .min(1)
    .default(1_000_000_000)
    .describe('Least that one account delegates to one validator, in base units: 1 token unless changed.'),
  commission_rise_basis_points: basisPoints
    .default(100)
    .describe('By how much a validator with delegators may raise its commission at once, in ten-thousandths.'),
  commission_interval_blocks: blocks
    .default(100_000)
    .describe('Blocks from a change of a validator’s commission to the next rise.'),
  downtime_window: z
    .int()
    .min(0)
    .max(65_536)
    .default(10_000)
    .describe('The latest blocks over which a validator’s absence is counted. 0: nobody is jailed for it.'),
  downtime_min_signed_basis_points: basisPoints
    .default(5000)
    .describe('Part of these blocks a validator must have signed, in ten-thousandths, or it is jailed.'),
  downtime_jail_blocks: blocks.default(1000).describe('Blocks until a validator that was jailed for absence may come back.'),
  vote_period_blocks: blocks.default(50_000).describe('Blocks for which a proposed change of a parameter is voted on.'),
  vote_quorum_basis_points: basisPoints
    .default(5000)
    .describe('Part of all voting power that must have answered a proposal, in ten-thousandths.'),
  vote_threshold_basis_points: z
    .int()
    .min(5001)
    .max(10_000)
    .default(6667)
    .describe('Part of the power that answered that must approve, in ten-thousandths.'),
})

export type LedgerParameters = z.output<typeof ledgerParametersSchema>

/** Their proofs of possession cost every node a pairing. */
const pairedOperations: ReadonlySet<Operation['type']> = new Set(['register-validator', 'rotate-key'])

/** The least fee of a transaction with these operations, in base units. */
export function leastFee(parameters: LedgerParameters, operations: readonly Operation[]): bigint {
  let fee = parameters.minimum_fee * operations.length
  for (const { type } of operations) if (pairedOperations.has(type)) fee += parameters.registration_fee
  return BigInt(fee)
}
