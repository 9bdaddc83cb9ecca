import { z } from 'zod'

/**
 * Everything in which honest nodes must agree, as `chain.toml` states it. Its canonical form is hashed into the chain id. One schema
 * gives the type, the defaults, the commented template, the JSON Schema and the reference; unknown keys are errors.
 */
const milliseconds = z.int().min(0).max(3_600_000)

export const consensusParametersSchema = z.strictObject({
  interval_ms: z.int().min(0).max(600_000).default(1000).describe('Time between blocks. 0: as fast as votes travel.'),
  schedule: z
    .enum(['paced', 'fixed'])
    .default('paced')
    .describe('paced: an interval after the previous block. fixed: block h is due at genesis + h × interval; a chain behind it catches up.'),
  empty_blocks: z.boolean().default(true).describe('Whether blocks without transactions are made.'),
  propose_timeout_ms: milliseconds.default(1500).describe('Longest wait for a proposal in round 0.'),
  prevote_timeout_ms: milliseconds.default(500).describe('Longest wait for the last prevotes once two thirds have voted.'),
  precommit_timeout_ms: milliseconds.default(500).describe('Longest wait for the last precommits once two thirds have voted.'),
  timeout_growth_ms: milliseconds.default(500).describe('Added to each timeout for every further round.'),
  timeout_max_ms: milliseconds.default(20_000).describe('Bound of every timeout.'),
  precision_ms: milliseconds.default(500).describe('How far honest clocks may stand apart.'),
  message_delay_ms: milliseconds.default(2000).describe('How long a proposal may travel in round 0 and still be called timely.'),
})
export type ConsensusParameters = z.output<typeof consensusParametersSchema>

export const limitsSchema = z.strictObject({
  block_transactions_max: z.int().min(1).max(65_536).default(10_000).describe('Transactions in a block.'),
  block_bytes_max: z.int().min(1024).max(16_777_216).default(4_194_304).describe('Bytes of a block’s transactions.'),
  transaction_bytes_max: z.int().min(128).max(32_768).default(16_384).describe('Bytes of one transaction.'),
  evidence_age_blocks: z.int().min(1).max(10_000_000).default(100_000).describe('Blocks after which misbehaviour is no longer punished.'),
})
