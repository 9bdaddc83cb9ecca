import type { ProposedBlock } from '../../chain/block.ts'
import type { Certificate } from '../../chain/certificate.ts'
import type { SignedProposal } from '../../chain/proposal.ts'
import type { ValidatorSet } from '../../chain/validator-set.ts'
import type { SignedVote } from '../../chain/vote.ts'
import type { Hash } from '../../crypto/hash.ts'
import type { Verified } from '../../crypto/verified.ts'
import type { ProposerPriorities } from '../proposer.ts'

/** Everything the core can be told. Each input is handled together with the time at which it came. */
export type Input =
  | StartHeight
  /** The mempool holds something, for chains that make no empty blocks. */
  | { readonly type: 'transactions-available' }
  | { readonly type: 'proposal'; readonly proposal: Verified<SignedProposal> }
  | { readonly type: 'vote'; readonly vote: Verified<SignedVote> }
  | { readonly type: 'certificate'; readonly certificate: Verified<Certificate> }
  /** Answers `build-block`. */
  | { readonly type: 'block-built'; readonly round: number; readonly block: ProposedBlock }
  /** Answers `check-block`: held, executed and found in order, or not. */
  | { readonly type: 'block-checked'; readonly blockHash: Hash; readonly valid: boolean }
  /** Answers `sign-proposal`. */
  | { readonly type: 'proposal-signed'; readonly proposal: Verified<SignedProposal> }
  /** Answers `sign-vote`. */
  | { readonly type: 'vote-signed'; readonly vote: Verified<SignedVote> }
  | { readonly type: 'timer-fired'; readonly timer: ConsensusTimer }

export interface StartHeight {
  readonly type: 'start-height'
  readonly height: number
  readonly validators: ValidatorSet
  readonly priorities: ProposerPriorities
  /** This node's index in the set; absent: it only watches. */
  readonly self: number | undefined
  /** Round 0 does not begin before this time (pacing), unless others have begun it. */
  readonly startAt: number
  /** Wait for `transactions-available`, or for others to begin, before round 0. */
  readonly awaitTransactions: boolean
  /** The previous block's time: a fresh block's must be later. */
  readonly previousTime: number
}

/** At most one of a kind is running per round; one that fires late is ignored. */
export interface ConsensusTimer {
  readonly kind: 'start' | 'propose' | 'prevote' | 'precommit'
  readonly height: number
  readonly round: number
}
