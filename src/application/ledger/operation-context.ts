import type { ChainParameters } from '../../chain/changed-parameters.ts'
import type { Address, ChainId, ConsensusKey } from '../../chain/identifiers.ts'
import type { Event } from '../application.ts'
import type { StateOverlay } from '../state.ts'
import type { LedgerParameters } from './parameters.ts'
import type { Account } from './records.ts'

/** What the ledger of one chain goes by. */
export interface LedgerRules {
  readonly chainId: ChainId
  readonly parameters: LedgerParameters
  /** No vote makes unbonding shorter: stake would leave before its misdeeds are punished. */
  readonly unbondingBlocksMin: number
  /** The chain spec's rules beyond the ledger, of which votes change some; none of them unless given. */
  readonly chain?: ChainParameters | undefined
}

/** What an operation sees and changes. When the transaction fails, everything here is as if it had never run. */
export interface OperationContext {
  readonly state: StateOverlay
  readonly rules: LedgerRules
  readonly height: number
  readonly sender: Address
  /** `sender` in hexadecimal, as events name accounts. */
  readonly senderName: string
  /** The sender's account, the fee paid. Operations put the new one here; it is written once, after the last. */
  account: Account
  readonly events: Event[]
  readonly block: BlockProgress
}

/** What a block has done so far beyond the state. */
export interface BlockProgress {
  /** Fees paid. */
  fees: bigint
  /** Validators' keys that this block had to see proved. */
  registrations: number
  /** Operators whose validator's power may have changed, in the order of the first change; keyed by `bytesKey`. */
  readonly touched: Map<string, Address>
  /** Consensus keys that may have been replaced by others; keyed by `bytesKey`. */
  readonly formerKeys: Map<string, ConsensusKey>
}

export function event(type: string, attributes: Readonly<Record<string, string>>): Event {
  return { type, attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })) }
}
