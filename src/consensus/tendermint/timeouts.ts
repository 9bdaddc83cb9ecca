/**
 * How long a phase may last and how old a fresh proposal may be. Both grow with the round, so that a network slower than its
 * parameters say still comes to a decision. Whole milliseconds throughout. Spec: docs/spec/consensus.md, timeouts.
 */
import type { ConsensusParameters } from '../../chain/chain-spec.ts'
import type { ConsensusTimer } from './input.ts'

/** The longest wait in a phase of a round. */
export function timeoutMs(
  parameters: ConsensusParameters,
  kind: Exclude<ConsensusTimer['kind'], 'start'>,
  round: number,
): number {
  const first = {
    propose: parameters.propose_timeout_ms,
    prevote: parameters.prevote_timeout_ms,
    precommit: parameters.precommit_timeout_ms,
  }[kind]
  return Math.min(first + round * parameters.timeout_growth_ms, Math.max(parameters.timeout_max_ms, first))
}

/**
 * Whether a fresh block of time `time`, received at `receivedAt`, is timely: neither from the future, clocks apart considered, nor
 * older than a proposal's journey can explain. Both bounds widen by a tenth of their first value each round.
 */
export function isTimely(parameters: ConsensusParameters, round: number, time: number, receivedAt: number): boolean {
  const precisionMs = widened(parameters.precision_ms, round)
  const delayMs = widened(parameters.message_delay_ms, round)
  return receivedAt >= time - precisionMs && receivedAt <= time + delayMs + precisionMs
}

function widened(milliseconds: number, round: number): number {
  return milliseconds + Math.floor((milliseconds * round) / 10)
}
