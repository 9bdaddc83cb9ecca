/**
 * Certificates and commits out of votes: the signatures of equal votes, aggregated. A commit includes every precommit seen, not only
 * a quorum of them, since being in it is how a validator shows that it was there.
 */
import { bitmapIndices, bitmapOf } from '../../chain/bitmap.ts'
import type { Certificate, Commit } from '../../chain/certificate.ts'
import type { ConsensusSignature } from '../../chain/identifiers.ts'
import { precommit, type VoteKind } from '../../chain/vote.ts'
import { aggregateSignatures } from '../../crypto/bls.ts'
import type { Hash } from '../../crypto/hash.ts'
import { assert } from '../../primitives/assert.ts'
import { type VoteSet, type VoteTally, valueKey } from '../vote-tally.ts'
import type { StartHeight } from './input.ts'

/** The certificate of a quorum: one that was received, or else made of the votes. */
export function certificateFor(
  tally: VoteTally,
  { height, validators }: StartHeight,
  kind: VoteKind,
  round: number,
  blockHash: Hash | undefined,
): Certificate {
  const set = tally.votes(kind, round)
  const received = set.certificates.get(valueKey(blockHash))
  return received ?? { kind, height, round, blockHash, ...gather(set, blockHash, validators.validators.length) }
}

/** The commit of a decision, with all precommits for it that were seen. */
export function commitFor(tally: VoteTally, { height, validators }: StartHeight, round: number, blockHash: Hash): Commit {
  return { height, round, blockHash, ...gather(tally.votes(precommit, round), blockHash, validators.validators.length) }
}

/** A received certificate cannot be taken apart, but the votes of those who are not in it can be added. */
function gather(
  set: VoteSet,
  blockHash: Hash | undefined,
  size: number,
): { readonly signers: Uint8Array; readonly signature: ConsensusSignature } {
  const key = valueKey(blockHash)
  const certificate = set.certificates.get(key)
  const signers = new Set(certificate ? bitmapIndices(certificate.signers) : [])
  const signatures: ConsensusSignature[] = certificate ? [certificate.signature] : []
  for (const [validator, { vote, signature }] of set.votes) {
    if (signers.has(validator) || valueKey(vote.blockHash) !== key) continue
    signers.add(validator)
    signatures.push(signature)
  }
  assert(signatures.length > 0, 'a certificate of no votes')
  const [only] = signatures
  return { signers: bitmapOf(signers, size), signature: signatures.length === 1 && only ? only : aggregateSignatures(signatures) }
}
