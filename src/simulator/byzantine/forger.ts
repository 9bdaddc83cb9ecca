import { bitmapOf } from '../../chain/bitmap.ts'
import { type ConsensusMessage, consensusMessageSchema } from '../../chain/consensus-message.ts'
import { evidenceSchema, orderedEvidence } from '../../chain/evidence.ts'
import { proposalSignBytes, type SignedProposal } from '../../chain/proposal.ts'
import { type ValidatorSet, validatorSet } from '../../chain/validator-set.ts'
import { precommit, prevote, type SignedVote, type Vote, voteSignBytes } from '../../chain/vote.ts'
import { encode } from '../../codec/codec.ts'
import { blsSign } from '../../crypto/bls.ts'
import type { Hash } from '../../crypto/hash.ts'
import { channels } from '../../ports/network.ts'
import { bytesEqual } from '../../primitives/bytes.ts'
import { createSimulatedEntropy } from '../random.ts'
import { eavesdrop } from './eavesdrop.ts'
import type { Liar, LiarContext } from './liar.ts'

/** Speaks in everybody's name: votes, proposals, certificates and evidence that nobody signed, and noise on every channel. */
export const forger: Liar = (context) => {
  const { ports, random } = context
  const { clock, network } = ports
  const entropy = createSimulatedEntropy(random)

  function toAll(message: ConsensusMessage): void {
    const bytes = encode(consensusMessageSchema, message)
    for (const peer of network.peers()) network.send(peer.id, 'consensus', bytes)
  }

  function makeNoise(): void {
    clock.schedule(random.between(500, 2500), makeNoise)
    const noise = entropy.bytes(random.below(300))
    const channel = random.pick(channels)
    for (const peer of network.peers()) network.send(peer.id, channel, noise)
    if (random.chance(0.3)) network.broadcast(channel, noise)
  }
  makeNoise()

  return eavesdrop(ports, (message) => {
    if (message.type !== 'proposal' || !random.chance(0.5)) return
    const forgeries = forge(context, message.proposal, entropy.bytes(32) as Hash)
    for (const forgery of random.pick(forgeries)) toAll(forgery)
    network.broadcast('evidence', forgedEvidence(context, message.proposal.proposal.height, entropy.bytes(32) as Hash))
  })
}

/** Kinds of forgery about a proposal, each a burst of messages. */
function forge(context: LiarContext, signed: SignedProposal, other: Hash): readonly (readonly ConsensusMessage[])[] {
  const { chainId, keypair, spec } = context
  const set = validatorSet(spec.validators)
  const { height, round, blockHash } = signed.proposal
  const votes = [prevote, precommit].flatMap((kind) =>
    [blockHash, undefined, other].map((hash): Vote => ({ kind, height, round, blockHash: hash })),
  )
  const altered = { ...signed.proposal, round: round + 1 }
  return [
    ...votes.map((vote) =>
      inEverybodysName(context, set, vote).map((forged): ConsensusMessage => ({ type: 'vote', vote: forged })),
    ),
    votes.map((vote) => {
      const signers = bitmapOf(new Set(set.validators.keys()), set.validators.length)
      return { type: 'certificate', certificate: { ...vote, signers, signature: blsSign(keypair, voteSignBytes(chainId, vote)) } }
    }),
    // True as far as it goes, but of too few.
    votes.slice(0, 4).map((vote) => {
      const own = set.validators.findIndex(({ consensusKey }) => bytesEqual(consensusKey, keypair.publicKey))
      const signers = bitmapOf(new Set([own]), set.validators.length)
      return { type: 'certificate', certificate: { ...vote, signers, signature: blsSign(keypair, voteSignBytes(chainId, vote)) } }
    }),
    [
      {
        type: 'proposal',
        proposal: { ...signed, proposal: altered, signature: blsSign(keypair, proposalSignBytes(chainId, altered)) },
      },
    ],
  ]
}

/** The liar's own signature under the others' names. */
function inEverybodysName({ chainId, keypair }: LiarContext, set: ValidatorSet, vote: Vote): readonly SignedVote[] {
  const signature = blsSign(keypair, voteSignBytes(chainId, vote))
  return set.validators.flatMap(({ consensusKey }, validator) =>
    bytesEqual(consensusKey, keypair.publicKey) ? [] : [{ vote, validator, signature }],
  )
}

/** Accuses an honest validator of two votes that it never cast. */
function forgedEvidence({ chainId, keypair, spec, random }: LiarContext, height: number, blockHash: Hash): Uint8Array {
  const victim = random.pick(spec.validators.filter(({ consensusKey }) => !bytesEqual(consensusKey, keypair.publicKey)))
  const votes = [blockHash, undefined].map((hash): SignedVote => {
    const vote: Vote = { kind: prevote, height, round: 0, blockHash: hash }
    return { vote, validator: 0, signature: blsSign(keypair, voteSignBytes(chainId, vote)) }
  })
  const [one, two] = votes as [SignedVote, SignedVote]
  return encode(evidenceSchema, orderedEvidence(victim.consensusKey, one, two))
}
