import type { ProposedBlock } from '../../chain/block.ts'
import type { Certificate, Commit } from '../../chain/certificate.ts'
import type { Evidence } from '../../chain/evidence.ts'
import type { Proposal, SignedProposal } from '../../chain/proposal.ts'
import type { SignedVote, Vote } from '../../chain/vote.ts'
import type { Hash } from '../../crypto/hash.ts'
import type { ConsensusTimer, Input } from './input.ts'

/** Everything the core can ask for. Effects are carried out in order. */
export type Effect =
  /**
   * To the log, on disk before any later signature leaves, together with the time at which the input was handled. Replaying the
   * log, `handle(input, at)` for each record, restores the state; `resume()` then says what is still to be done.
   */
  | { readonly type: 'persist'; readonly input: Input; readonly at: number }
  /** Answered by `proposal-signed`. */
  | { readonly type: 'sign-proposal'; readonly proposal: Proposal; readonly block: ProposedBlock }
  /** Answered by `vote-signed`. */
  | { readonly type: 'sign-vote'; readonly vote: Vote }
  | { readonly type: 'broadcast'; readonly message: Outbound }
  | { readonly type: 'set-timer'; readonly timer: ConsensusTimer; readonly delayMs: number }
  /** Answered by `block-built`. */
  | { readonly type: 'build-block'; readonly height: number; readonly round: number }
  /** Answered by `block-checked`, once a block hash and height. */
  | { readonly type: 'check-block'; readonly block: ProposedBlock; readonly blockHash: Hash }
  /** Final. The height is over; the next begins with `start-height`. */
  | { readonly type: 'decide'; readonly block: ProposedBlock; readonly commit: Commit }
  /** The core has proof that a validator broke the protocol. */
  | { readonly type: 'accuse'; readonly evidence: Evidence }

export type Outbound =
  | { readonly type: 'proposal'; readonly proposal: SignedProposal }
  | { readonly type: 'vote'; readonly vote: SignedVote }
  | { readonly type: 'certificate'; readonly certificate: Certificate }
