/**
 * Whether evidence proves what it says: two votes of one kind, height and round, for different blocks, in their one order, both signed
 * by the accused. Whether the accused was a validator then, and how old the evidence may be, its reader knows.
 */
import type { SignatureItem } from '../crypto/verified.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { compareVotes, type Evidence } from './evidence.ts'
import type { ChainId } from './identifiers.ts'
import { precommit, prevote, voteSignBytes } from './vote.ts'

/** Everything but the signatures. Rejects EVIDENCE_INVALID. */
export function checkEvidence({ first, second }: Evidence): Result<void> {
  if (first.kind !== prevote && first.kind !== precommit) return reject('EVIDENCE_INVALID', `kind ${first.kind}`)
  const samePlace = first.kind === second.kind && first.height === second.height && first.round === second.round
  if (!samePlace) return reject('EVIDENCE_INVALID', 'the votes are of different places')
  // Being of one place, the votes differ in their blocks alone: in strict order, they are not the same vote twice.
  return compareVotes(first, second) < 0 ? ok(undefined) : reject('EVIDENCE_INVALID', 'the votes are equal or out of order')
}

/** Both signatures to check. */
export function evidenceItems(chainId: ChainId, evidence: Evidence): readonly SignatureItem[] {
  const { consensusKey: publicKey, first, firstSignature, second, secondSignature } = evidence
  return [
    { publicKey, message: voteSignBytes(chainId, first), signature: firstSignature },
    { publicKey, message: voteSignBytes(chainId, second), signature: secondSignature },
  ]
}
