/**
 * `synod/consensus`: the Tendermint core by itself. It is pure: inputs and the time go in, effects come out, and whoever embeds it
 * persists, signs, sends and sets timers as the effects say, in their order.
 *
 * @module consensus
 */
export type { ConsensusParameters } from '../chain/chain-spec.ts'
export {
  advance,
  initialPriorities,
  nextPriorities,
  type ProposerPriorities,
  proposerAt,
} from '../consensus/proposer.ts'
export type { Effect, Outbound } from '../consensus/tendermint/effect.ts'
export type { ConsensusTimer, Input, StartHeight } from '../consensus/tendermint/input.ts'
export { createTendermint, type Tendermint } from '../consensus/tendermint/tendermint.ts'
export {
  checkCertificate,
  checkProposal,
  checkVote,
  type ProposalContext,
  type VerificationContext,
} from '../consensus/verification.ts'
