import type { ChainId, ConsensusKey, ConsensusSignature } from '../chain/identifiers.ts'
import { type Proposal, proposalSignBytes } from '../chain/proposal.ts'
import { type Vote, voteSignBytes } from '../chain/vote.ts'
import type { Disk } from '../ports/disk.ts'
import type { Signer } from '../ports/signer.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import { compareSigned, type LastSigned, readLastSigned, type SignedPosition, writeLastSigned } from './last-signed.ts'

/**
 * The only way to the consensus key. It refuses to sign backwards or twice, and no signature leaves before its record is on disk: so
 * a crash at any instruction, a replayed log or a lying peer cannot make this validator equivocate.
 */
export interface GuardedSigner {
  readonly publicKey: ConsensusKey
  /** The signature, or `undefined` where signing could contradict what was signed before. */
  signVote(vote: Vote): Promise<ConsensusSignature | undefined>
  signProposal(proposal: Proposal): Promise<ConsensusSignature | undefined>
  /** Whether this validator may have signed at that place already. */
  mayHaveSigned(position: SignedPosition): boolean
}

export async function openGuardedSigner(options: { signer: Signer; disk: Disk; chainId: ChainId }): Promise<GuardedSigner> {
  const { signer, disk, chainId } = options
  let last = await readLastSigned(disk)
  let tail: Promise<unknown> = Promise.resolve()

  async function sign(position: SignedPosition, signBytes: Bytes): Promise<ConsensusSignature | undefined> {
    if (last) {
      const order = compareSigned(position, last)
      if (order < 0) return undefined
      if (order === 0) return bytesEqual(last.signBytes, signBytes) ? last.signature : undefined
    }
    const { height, round, step } = position
    const record: LastSigned = { height, round, step, signBytes, signature: await signer.sign(signBytes) }
    await writeLastSigned(disk, record)
    last = record
    return record.signature
  }

  /** One at a time: the check and the record must not interleave with another's. */
  function inTurn(position: SignedPosition, signBytes: Bytes): Promise<ConsensusSignature | undefined> {
    const turn = tail.then(() => sign(position, signBytes))
    tail = turn.catch(() => undefined)
    return turn
  }

  return {
    publicKey: signer.publicKey,
    signVote: (vote) => inTurn({ height: vote.height, round: vote.round, step: vote.kind }, voteSignBytes(chainId, vote)),
    signProposal: (proposal) =>
      inTurn({ height: proposal.height, round: proposal.round, step: 0 }, proposalSignBytes(chainId, proposal)),
    mayHaveSigned: (position) => last !== undefined && compareSigned(position, last) <= 0,
  }
}
