import type { NatReport } from '../peers/nat-behaviour.ts'

/** Asks STUN servers how this host is seen from outside. Its answers are the servers' word: they compare, and nothing more. */
export interface Stun {
  /** What the servers together say, by address family. Takes some seconds. Never rejects: who does not answer is counted in the report. */
  explore(): Promise<NatReports>
}

/** A family is absent when no server has an address of it. */
export interface NatReports {
  readonly ipv4?: NatReport
  readonly ipv6?: NatReport
}
