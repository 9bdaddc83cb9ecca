import { z } from 'zod'

/** The table `[state]`: the states that a node keeps for others, and the one that it begins with. */
export const stateTable = z
  .strictObject({
    snapshot_interval_blocks: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(1_000)
      .describe('The states after blocks at multiples of it are kept, for new nodes to begin with. 0: none is.'),
    snapshots_kept: z.int().min(1).max(16).default(2).describe('How many of them stay; older ones are let go.'),
    sync: z
      .boolean()
      .default(false)
      .describe(
        'Whether a node that has no blocks, or lags far behind, fetches the state after a recent block instead of executing all blocks. Needs a block to trust.',
      ),
    trust_height: z.int().min(1).optional().describe('Height of a block that is trusted, from somebody you believe.'),
    trust_hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, '32 bytes in lower-case hexadecimal')
      .optional()
      .describe('Hash of that block, in hexadecimal.'),
    trust_period_hours: z
      .int()
      .min(1)
      .max(87_600)
      .default(336)
      .describe('How long a block convinces; never longer than its signers’ stake takes to unbond, where that is known.'),
    lag_blocks: z
      .int()
      .min(100)
      .max(1_000_000_000)
      .default(10_000)
      .describe('A node that has blocks fetches a state only where the snapshot is so many blocks ahead.'),
    patience_ms: z
      .int()
      .min(0)
      .max(3_600_000)
      .default(60_000)
      .describe('How long to look for peers with a snapshot, before all blocks are executed.'),
  })
  .prefault({})
  .describe('The state as a whole: snapshots for others, and beginning with one.')
