import type { ProposedBlock } from '../chain/block.ts'
import type { ConsensusSignature } from '../chain/identifiers.ts'
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

  /** Asks again whenever the holder of the key went away over it and came back, while the height lasts. */
  async function signed(height: number, sign: (guarded: GuardedSigner) => Promise<ConsensusSignature | undefined>) {
    while (signer && (await mayLeave(height))) {
      const key = signer.publicKey
      const signature = await sign(signer)
      // At a key's last height it may be exchanged meanwhile, and what it signed is over.
      if (signature) return key === signer.publicKey ? { key, signature } : undefined
      if (gate.open) return undefined
    }
    return undefined
  }

  return {
    async vote(vote) {
      const made = await signed(vote.height, (guarded) => guarded.signVote(vote))
      const validator = made && indexOfValidator(chain.tip().validators, made.key)
      if (!made || validator === undefined) return
      telemetry.count('synod_consensus_signatures_total', 1, { kind: 'vote' })
      deliver({ type: 'vote-signed', vote: ownSignature({ vote, validator, signature: made.signature }) })
    },
    async proposal(proposal, block) {
      const made = await signed(proposal.height, (guarded) => guarded.signProposal(proposal))
      if (!made) return
      telemetry.count('synod_consensus_signatures_total', 1, { kind: 'proposal' })
      deliver({ type: 'proposal-signed', proposal: ownSignature({ proposal, block, signature: made.signature }) })
    },
  }
}
