/**
 * Whether evidence proves what it says: two votes of one kind and height for different blocks, in their one order, both signed by the
 * accused, alone or among others; of one round, or for headers that nobody honest signs both. Whether the signers were validators then, and how old the evidence may be, its reader knows.
 */
import { aggregatePublicKeys } from '../crypto/bls.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import { type Bytes, bytesEqual, bytesKey, compareBytes } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { bitmapHas, bitmapIndices, isBitmapOf } from './bitmap.ts'
import { type ConflictingCertificates, compareVotes, type Evidence } from './evidence.ts'
import { blockHash, type Header } from './header.ts'
import { headersContradict } from './header-contradiction.ts'
import type { ChainId, ConsensusKey } from './identifiers.ts'
import { possessionItems } from './key-possession.ts'
import { precommit, prevote, type Vote, voteSignBytes } from './vote.ts'

/** Everything but the signatures. Rejects EVIDENCE_INVALID. */
export function checkEvidence(evidence: Evidence): Result<void> {
  const { first, second } = evidence
  if (first.kind !== prevote && first.kind !== precommit) return reject('EVIDENCE_INVALID', `kind ${first.kind}`)
  const samePlace = first.kind === second.kind && first.height === second.height
  if (!samePlace) return reject('EVIDENCE_INVALID', 'the votes are of different places')
  if (compareVotes(first, second) >= 0) return reject('EVIDENCE_INVALID', 'the votes are equal or out of order')
  const headers = evidence.type === 'duplicate-vote' ? undefined : evidence.headers
  // In one round the votes differ in their blocks alone, being in strict order: headers could say no more.
  const sameRound = first.round === second.round
  if (sameRound !== (headers === undefined))
    return reject('EVIDENCE_INVALID', 'headers stand beside votes of different rounds alone')
  if (headers && !areOfContradiction(headers, first, second))
    return reject('EVIDENCE_INVALID', 'the headers are of other votes or agree')
  return evidence.type === 'duplicate-vote' ? ok(undefined) : checkSigners(evidence)
}

/**
 * Both votes are precommits, which nobody honest makes for what it has not executed, of these headers, which exclude each other. Votes
 * for different blocks across rounds are no offence in themselves.
 */
function areOfContradiction(headers: NonNullable<ConflictingCertificates['headers']>, first: Vote, second: Vote): boolean {
  const isOf = (vote: Vote, header: Header): boolean =>
    vote.kind === precommit &&
    vote.height === header.height &&
    vote.blockHash !== undefined &&
    bytesEqual(vote.blockHash, blockHash(header))
  return isOf(first, headers.first) && isOf(second, headers.second) && headersContradict(headers.first, headers.second)
}

/** One form for each pair of certificates and each accused: keys in order, each of a signer, the accused in both. */
function checkSigners(evidence: ConflictingCertificates): Result<void> {
  const { consensusKey, keys, firstSigners, secondSigners } = evidence
  const proved = evidence.possessions.map((possession) => possession.consensusKey)
  const rising = isRising(keys) && isRising(proved) && isSubset(proved, keys)
  const formed = isBitmapOf(firstSigners, keys.length) && isBitmapOf(secondSigners, keys.length)
  if (!rising || !formed) return reject('EVIDENCE_INVALID', 'the signers are not in their one form')
  const named = keys.every((_, index) => bitmapHas(firstSigners, index) || bitmapHas(secondSigners, index))
  const accused = keys.findIndex((key) => bytesEqual(key, consensusKey))
  const signedBoth = accused >= 0 && bitmapHas(firstSigners, accused) && bitmapHas(secondSigners, accused)
  return named && signedBoth ? ok(undefined) : reject('EVIDENCE_INVALID', 'the accused is not among the signers of both')
}

function isRising(keys: readonly ConsensusKey[]): boolean {
  return keys.every((key, index) => index === 0 || compareBytes(keys[index - 1] as Bytes, key) < 0)
}

function isSubset(some: readonly ConsensusKey[], all: readonly ConsensusKey[]): boolean {
  const known = new Set(all.map(bytesKey))
  return some.every((key) => known.has(bytesKey(key)))
}

/**
 * Whoever must have been a validator for the evidence to hold: the accused, and of a sum every key whose possession is not proved
 * here.
 */
export function evidenceKeys(evidence: Evidence): readonly ConsensusKey[] {
  const { consensusKey } = evidence
  if (evidence.type === 'duplicate-vote') return [consensusKey]
  const proved = new Set(evidence.possessions.map((possession) => bytesKey(possession.consensusKey)))
  return evidence.keys.filter((key) => bytesEqual(key, consensusKey) || !proved.has(bytesKey(key)))
}

/** Both signatures to check, and the proofs of possession. */
export function evidenceItems(chainId: ChainId, evidence: Evidence): readonly SignatureItem[] {
  const { first, firstSignature, second, secondSignature } = evidence
  const [firstKey, secondKey] =
    evidence.type === 'duplicate-vote'
      ? [evidence.consensusKey, evidence.consensusKey]
      : [sumOf(evidence.keys, evidence.firstSigners), sumOf(evidence.keys, evidence.secondSigners)]
  return [
    { publicKey: firstKey, message: voteSignBytes(chainId, first), signature: firstSignature },
    { publicKey: secondKey, message: voteSignBytes(chainId, second), signature: secondSignature },
    ...possessionsIn(chainId, evidence),
  ]
}

function possessionsIn(chainId: ChainId, evidence: Evidence): readonly SignatureItem[] {
  if (evidence.type === 'duplicate-vote') return []
  const { possessions } = evidence
  const keys = possessions.map((possession) => possession.consensusKey)
  return possessionItems(chainId, keys, possessions) ?? []
}

/** No bytes are a key where there is no sum. */
function sumOf(keys: readonly ConsensusKey[], signers: Bytes): Bytes {
  return aggregatePublicKeys(bitmapIndices(signers).map((index) => keys[index] as ConsensusKey)) ?? new Uint8Array(0)
}
