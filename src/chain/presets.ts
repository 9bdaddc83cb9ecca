import type { ConsensusParameters, Limits } from './chain-spec.ts'

/** Starting points for a chain spec: what differs from the defaults. */
export interface Preset {
  readonly summary: string
  readonly consensus: Partial<ConsensusParameters>
  readonly limits: Partial<Limits>
}

export const presets = {
  internet: { summary: 'Validators anywhere in the world, a block a second.', consensus: {}, limits: {} },
  devnet: {
    summary: 'Validators on one machine or in one room, short timeouts, a block a second.',
    consensus: {
      propose_timeout_ms: 1000,
      prevote_timeout_ms: 200,
      precommit_timeout_ms: 200,
      timeout_growth_ms: 200,
      timeout_max_ms: 5000,
    },
    limits: {},
  },
  'ten-minutes': {
    summary: 'A block every ten minutes by the clock, for slow and very large networks.',
    consensus: {
      interval_ms: 600_000,
      schedule: 'fixed',
      propose_timeout_ms: 30_000,
      prevote_timeout_ms: 10_000,
      precommit_timeout_ms: 10_000,
      timeout_growth_ms: 10_000,
      timeout_max_ms: 300_000,
      precision_ms: 2000,
      message_delay_ms: 30_000,
    },
    // A tenth of the default in blocks is still two years in days.
    limits: { evidence_age_blocks: 10_000 },
  },
} as const satisfies Record<string, Preset>

export type PresetName = keyof typeof presets
export const presetNames = Object.keys(presets) as readonly PresetName[]
