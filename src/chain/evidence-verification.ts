/**
 * Whether evidence proves what it says: two votes of one kind, height and round, for different blocks, in their one order, both signed
 * by the accused, alone or among others. Whether the signers were validators then, and how old the evidence may be, its reader knows.
 */
import { aggregatePublicKeys } from '../crypto/bls.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import { type Bytes, bytesEqual, compareBytes } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { bitmapHas, bitmapIndices, isBitmapOf } from './bitmap.ts'
import { type ConflictingCertificates, compareVotes, type Evidence } from './evidence.ts'
import type { ChainId, ConsensusKey } from './identifiers.ts'
import { precommit, prevote, voteSignBytes } from './vote.ts'

/** Everything but the signatures. Rejects EVIDENCE_INVALID. */
export function checkEvidence(evidence: Evidence): Result<void> {
  const { first, second } = evidence
  if (first.kind !== prevote && first.kind !== precommit) return reject('EVIDENCE_INVALID', `kind ${first.kind}`)
  const samePlace = first.kind === second.kind && first.height === second.height && first.round === second.round
  if (!samePlace) return reject('EVIDENCE_INVALID', 'the votes are of different places')
  // Being of one place, the votes differ in their blocks alone: in strict order, they are not the same vote twice.
  if (compareVotes(first, second) >= 0) return reject('EVIDENCE_INVALID', 'the votes are equal or out of order')
  return evidence.type === 'duplicate-vote' ? ok(undefined) : checkSigners(evidence)
}

/** One form for each pair of certificates and each accused: keys in order, each of a signer, the accused in both. */
function checkSigners({ consensusKey, keys, firstSigners, secondSigners }: ConflictingCertificates): Result<void> {
  const rising = keys.every((key, index) => index === 0 || compareBytes(keys[index - 1] as Bytes, key) < 0)
  const formed = isBitmapOf(firstSigners, keys.length) && isBitmapOf(secondSigners, keys.length)
  if (!rising || !formed) return reject('EVIDENCE_INVALID', 'the signers are not in their one form')
  const named = keys.every((_, index) => bitmapHas(firstSigners, index) || bitmapHas(secondSigners, index))
  const accused = keys.findIndex((key) => bytesEqual(key, consensusKey))
  const signedBoth = accused >= 0 && bitmapHas(firstSigners, accused) && bitmapHas(secondSigners, accused)
  return named && signedBoth ? ok(undefined) : reject('EVIDENCE_INVALID', 'the accused is not among the signers of both')
}

/** Whoever must have been a validator for the evidence to hold: of a sum, every key has to be one whose possession was proved. */
export function evidenceKeys(evidence: Evidence): readonly ConsensusKey[] {
  return evidence.type === 'duplicate-vote' ? [evidence.consensusKey] : evidence.keys
}

/** Both signatures to check. */
export function evidenceItems(chainId: ChainId, evidence: Evidence): readonly SignatureItem[] {
  const { first, firstSignature, second, secondSignature } = evidence
  const [firstKey, secondKey] =
    evidence.type === 'duplicate-vote'
      ? [evidence.consensusKey, evidence.consensusKey]
      : [sumOf(evidence.keys, evidence.firstSigners), sumOf(evidence.keys, evidence.secondSigners)]
  return [
    { publicKey: firstKey, message: voteSignBytes(chainId, first), signature: firstSignature },
    { publicKey: secondKey, message: voteSignBytes(chainId, second), signature: secondSignature },
  ]
}

/** No bytes are a key where there is no sum. */
function sumOf(keys: readonly ConsensusKey[], signers: Bytes): Bytes {
  return aggregatePublicKeys(bitmapIndices(signers).map((index) => keys[index] as ConsensusKey)) ?? new Uint8Array(0)
}
