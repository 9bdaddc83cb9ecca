import type { Application } from '../application/application.ts'
import type { ConsensusParameters } from '../chain/chain-spec.ts'
import type { LiarName } from './byzantine/liars.ts'
import type { Violation } from './checkers/violation.ts'
import type { FaultName } from './faults.ts'
import type { PowerCut } from './power-cut.ts'
import type { Workload } from './simulated-chain.ts'

/** A whole network in one process: real nodes, simulated time, network and disks. Everything follows from the seed. */
export interface SimulationOptions {
  readonly seed: number
  /** Validators; 4 unless given. Their powers differ: 1, 2, 3, 1, 2, … */
  readonly nodes?: number
  /** Simulated seconds, 30 unless given: troubles fill the first part, the rest is for recovering. */
  readonly seconds?: number
  readonly faults?: readonly FaultName[]
  /** One power failure at one chosen moment: for trying all moments of a block, where `faults` tries some of all blocks. */
  readonly powerCut?: PowerCut
  /** Who lies, from the first validator on. Less than a third of the power keeps every promise. */
  readonly liars?: readonly (LiarName | 'honest')[]
  /** Transactions a second, of all nodes together; 5 unless given. */
  readonly load?: number
  /** `[consensus]` of the chain spec, where it differs from the defaults. */
  readonly consensus?: Partial<ConsensusParameters>
  /** The application under test, and what it is fed; the built-in ledger and transfers unless given. */
  readonly application?: Application
  readonly workload?: Workload
  /** Called with everything that happens, for whoever wants to read along. Changes nothing. */
  readonly onTrace?: (line: string) => void
}

export interface SimulationResult {
  readonly seed: number
  /** The highest final block. */
  readonly height: number
  /** Final transactions. */
  readonly transactions: number
  /** Simulated milliseconds that passed: more than asked for when recovering took long. */
  readonly simulatedMs: number
  readonly events: number
  /** SHA-256 over everything observable: the same seed gives the same hash. */
  readonly traceHash: string
  readonly violation: Violation | undefined
}
