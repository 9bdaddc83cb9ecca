/**
 * What must hold of a consensus message before its signature is worth checking, and the signature to be checked then. Cheap tests
 * first; everything is decided by the chain's own data: chain id, height, validator set. Spec: docs/spec/consensus.md, messages.
 */
import { bitmapIndices } from '../chain/bitmap.ts'
import { noCommitHash, orderHash } from '../chain/block.ts'
import { type Certificate, certifiedVote, commitHash } from '../chain/certificate.ts'
import { evidenceHash } from '../chain/evidence.ts'
import { blockHash } from '../chain/header.ts'
import type { ChainId } from '../chain/identifiers.ts'
import { checkSigners } from '../chain/light-verification.ts'
import { proposalSignBytes, type SignedProposal } from '../chain/proposal.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import { precommit, prevote, type SignedVote, voteSignBytes } from '../chain/vote.ts'
import { aggregatePublicKeys } from '../crypto/bls.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'

export interface VerificationContext {
  readonly chainId: ChainId
  readonly height: number
  readonly validators: ValidatorSet
}

export interface ProposalContext extends VerificationContext {
  /** The index of a round's proposer; absent for rounds beyond the look-ahead (`Tendermint.proposerOf`). */
  readonly proposerOf: (round: number) => number | undefined
}

export function checkVote({ vote, validator, signature }: SignedVote, context: VerificationContext): Result<SignatureItem> {
  if (vote.height !== context.height) return reject('VOTE_WRONG_HEIGHT', `${vote.height} instead of ${context.height}`)
  if (vote.kind !== prevote && vote.kind !== precommit) return reject('VOTE_UNKNOWN_KIND', `${vote.kind}`)
  const signer = context.validators.validators[validator]
  if (!signer) return reject('VOTE_UNKNOWN_VALIDATOR', `index ${validator} of ${context.validators.validators.length}`)
  return ok({ publicKey: signer.consensusKey, message: voteSignBytes(context.chainId, vote), signature })
}

/**
 * The block's own merits are not judged here: a proposal for a bad block is a good message that gets nil votes. But its parts must be
 * those its hash names, or anyone who passes it on could make an honest proposer's block look bad.
 */
export function checkProposal({ proposal, block, signature }: SignedProposal, context: ProposalContext): Result<SignatureItem> {
  const { height, round, validRound } = proposal
  if (height !== context.height) return reject('PROPOSAL_WRONG_HEIGHT', `${height} instead of ${context.height}`)
  if (validRound !== undefined && validRound >= round)
    return reject('PROPOSAL_WRONG_VALID_ROUND', `${validRound} at round ${round}`)
  const index = context.proposerOf(round)
  const proposer = index === undefined ? undefined : context.validators.validators[index]
  if (!proposer) return reject('PROPOSAL_TOO_FAR', `round ${round}`)
  const { header, lastCommit, evidence, order } = block
  const bound =
    bytesEqual(proposal.blockHash, blockHash(header)) &&
    bytesEqual(header.orderHash, orderHash(order)) &&
    bytesEqual(header.evidenceHash, evidenceHash(evidence)) &&
    bytesEqual(header.previousCommitHash, lastCommit ? commitHash(lastCommit) : noCommitHash)
  if (!bound) return reject('PROPOSAL_WRONG_HASH', `at height ${height}, round ${round}`)
  return ok({ publicKey: proposer.consensusKey, message: proposalSignBytes(context.chainId, proposal), signature })
}

/** The item's key is the sum of the signers' keys, which is sound because the possession of each was proved at registration. */
export function checkCertificate(certificate: Certificate, context: VerificationContext): Result<SignatureItem> {
  const { kind, height, signers, signature } = certificate
  if (height !== context.height) return reject('VOTE_WRONG_HEIGHT', `${height} instead of ${context.height}`)
  if (kind !== prevote && kind !== precommit) return reject('VOTE_UNKNOWN_KIND', `${kind}`)
  const checked = checkSigners(signers, context.validators)
  if (!checked.ok) return checked
  const { validators } = context.validators
  const publicKey = aggregatePublicKeys(bitmapIndices(signers).flatMap((index) => validators[index]?.consensusKey ?? []))
  if (!publicKey) return reject('SIGNATURE_INVALID', 'the signers’ keys have no sum')
  return ok({ publicKey, message: voteSignBytes(context.chainId, certifiedVote(certificate)), signature })
}
