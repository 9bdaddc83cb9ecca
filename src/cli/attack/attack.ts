import type { Tally } from './tally.ts'
import type { Target } from './target.ts'

/** What one attack is told, and where it books what becomes of it. */
export interface AttackContext {
  readonly target: Target
  /** Attempts a second, and how many connections at one time. Bounds, whatever the attack. */
  readonly rate: number
  readonly connections: number
  /** Aborts when the time is over: nothing is attempted after that. */
  readonly signal: AbortSignal
  readonly tally: Tally
}

/** Resolves when every attempt has its outcome, which may be some seconds after the signal, and leaves no connection behind. */
export type Attack = (context: AttackContext) => Promise<void>

/**
 * The address a connection comes from: one of 127.66/16 for a target on loopback, so that whatever the node holds against an attacker's
 * host falls on nobody else there. Elsewhere the machine has only its own.
 */
export function attackerAddress(target: Target, subnet: number, host: number): string | undefined {
  return target.host.startsWith('127.') ? `127.66.${subnet % 256}.${1 + (host % 250)}` : undefined
}
