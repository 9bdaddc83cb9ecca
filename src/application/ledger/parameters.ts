import { z } from 'zod'
import type { Operation } from '../../chain/transaction.ts'

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
    .describe('Added to the least fee for each validator registration, whose key costs every node a pairing to check.'),
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
})

export type LedgerParameters = z.output<typeof ledgerParametersSchema>

/** The least fee of a transaction with these operations, in base units. */
export function leastFee(parameters: LedgerParameters, operations: readonly Operation[]): bigint {
  let fee = parameters.minimum_fee * operations.length
  for (const operation of operations) if (operation.type === 'register-validator') fee += parameters.registration_fee
  return BigInt(fee)
}
