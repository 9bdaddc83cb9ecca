import type { ProposedBlock } from '../chain/block.ts'
import type { Proposal } from '../chain/proposal.ts'
import { indexOfValidator } from '../chain/validator-set.ts'
import type { Vote } from '../chain/vote.ts'
import type { Input } from '../consensus/tendermint/input.ts'
import type { Tendermint } from '../consensus/tendermint/tendermint.ts'
import { ownSignature } from '../crypto/verified.ts'
import type { Chain } from './chain.ts'
import type { ConsensusLog } from './consensus-log.ts'
import type { GuardedSigner } from './guarded-signer.ts'
import type { Ports } from './ports.ts'
import type { SigningGate } from './signing-gate.ts'

/** Answers the core's wishes to sign. Nothing is signed before the reasons for it are on disk, nor for a height that is over. */
export interface ConsensusSigning {
  vote(vote: Vote): Promise<void>
  proposal(proposal: Proposal, block: ProposedBlock): Promise<void>
}

export interface ConsensusSigningOptions {
  readonly ports: Ports
  readonly chain: Chain
  readonly core: Tendermint
  readonly log: ConsensusLog
  readonly gate: SigningGate
  readonly signer: GuardedSigner | undefined
  readonly deliver: (input: Input) => void
}

export function createConsensusSigning(options: ConsensusSigningOptions): ConsensusSigning {
  const { chain, core, log, gate, signer, deliver } = options
  const { telemetry } = options.ports

  async function mayLeave(height: number): Promise<boolean> {
    await log.sync()
    return (await gate.passed()) && core.height === height
  }

  return {
    async vote(vote) {
      if (!signer || !(await mayLeave(vote.height))) return
      const validator = indexOfValidator(chain.tip().validators, signer.publicKey)
      const signature = await signer.signVote(vote)
      if (signature === undefined || validator === undefined) return
      telemetry.count('synod_consensus_signatures_total', 1, { kind: 'vote' })
      deliver({ type: 'vote-signed', vote: ownSignature({ vote, validator, signature }) })
    },
    async proposal(proposal, block) {
      if (!signer || !(await mayLeave(proposal.height))) return
      const signature = await signer.signProposal(proposal)
      if (signature === undefined) return
      telemetry.count('synod_consensus_signatures_total', 1, { kind: 'proposal' })
      deliver({ type: 'proposal-signed', proposal: ownSignature({ proposal, block, signature }) })
    },
  }
}
