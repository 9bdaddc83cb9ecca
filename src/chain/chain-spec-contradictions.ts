import type { SettingPath } from '../settings/toml-lines.ts'
import type { ChainSpecFile } from './chain-spec.ts'

export interface Contradiction {
  /** The setting that is easier to change. */
  readonly path: SettingPath
  readonly message: string
}

/** Settings that are good by themselves and cannot hold together. */
export function contradictions({
  consensus,
  limits,
}: Readonly<Pick<ChainSpecFile, 'consensus' | 'limits'>>): readonly Contradiction[] {
  const found: Contradiction[] = []
  const contradict = (section: 'consensus' | 'limits', key: string, message: string): void => {
    found.push({ path: [section, key], message: `${section}.${key} ${message}` })
  }
  for (const key of ['propose_timeout_ms', 'prevote_timeout_ms', 'precommit_timeout_ms'] as const) {
    if (consensus[key] > consensus.timeout_max_ms) {
      contradict('consensus', key, `is ${consensus[key]}, more than the bound timeout_max_ms of ${consensus.timeout_max_ms}.`)
    }
  }
  if (consensus.timeout_growth_ms === 0 && consensus.propose_timeout_ms < consensus.timeout_max_ms) {
    contradict(
      'consensus',
      'timeout_growth_ms',
      'is 0: timeouts that never grow never outlast a slow network, and the chain may stop.',
    )
  }
  if (consensus.schedule === 'fixed' && consensus.interval_ms === 0) {
    contradict('consensus', 'schedule', 'is "fixed", which needs an interval_ms above 0.')
  }
  if (consensus.schedule === 'fixed' && !consensus.empty_blocks) {
    contradict('consensus', 'empty_blocks', 'is false on a fixed schedule, which has a block due at every interval.')
  }
  if (limits.transaction_bytes_max > limits.block_bytes_max) {
    contradict(
      'limits',
      'transaction_bytes_max',
      `is ${limits.transaction_bytes_max}, more than a block holds (${limits.block_bytes_max}).`,
    )
  }
  return found
}
