/**
 * One step of the light client: whether a header follows from a trusted one. A header of the next height must be decided by exactly
 * the validators that the trusted one promised. A later one must, besides by more than two thirds of its own validators, be signed by
 * more than a third of those trusted: among them is an honest one, who signs nothing but the chain. Follows the verification of
 * arXiv:1911.09988 and of CometBFT's light client, with proofs of possession in addition, since our commits are sums.
 * Spec: docs/spec/light-client.md, "A step".
 */
import { possessionItems } from '../chain/key-possession.ts'
import { checkSigners, verifyCommit } from '../chain/light-verification.ts'
import { evidencePossessionsMax } from '../chain/limits.ts'
import { validatorSetHash } from '../chain/validator-set.ts'
import type { SignatureCheck } from '../crypto/verified.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { type Rejection, type Result, reject } from '../primitives/result.ts'
import type { ConsistentBlock } from './light-block.ts'
import { isEnough, overlapOf } from './overlap.ts'
import { isExpired, type TrustedBlock, type TrustRules } from './trust.ts'

/** `NOT_ENOUGH_TRUST`: nothing speaks against the header, and a height in between may show that it holds. */
export type Verdict =
  | { readonly type: 'SUCCESS' }
  | { readonly type: 'NOT_ENOUGH_TRUST' }
  | { readonly type: 'INVALID'; readonly rejection: Rejection }

export interface Step {
  readonly trusted: TrustedBlock
  readonly untrusted: ConsistentBlock
  readonly rules: TrustRules
  /** Milliseconds since the Unix epoch. */
  readonly now: number
}

const success: Verdict = { type: 'SUCCESS' }
const notEnough: Verdict = { type: 'NOT_ENOUGH_TRUST' }

/** The cheap checks stand first: nobody pays for a pairing who can be refused without. */
export async function verifyLightBlock(step: Step, checkBls: SignatureCheck): Promise<Verdict> {
  const { trusted, untrusted, rules } = step
  const { header, commit, validators } = untrusted
  const inTime = checkTimes(step)
  if (!inTime.ok) return invalid(inTime)
  const signers = checkSigners(commit.signers, validators)
  if (!signers.ok) return invalid(signers)
  if (header.height === trusted.height + 1) {
    const follows = checkSuccessor(trusted, untrusted)
    if (!follows.ok) return invalid(follows)
  } else {
    const overlap = overlapOf(trusted.next, untrusted)
    if (!isEnough(overlap.power, trusted.next.totalPower, rules)) return notEnough
    if (overlap.strangers.length > evidencePossessionsMax) return notEnough
    const proofs = possessionItems(rules.chainId, overlap.strangers, untrusted.light.possessions)
    // Without the proofs the sum of keys proves nothing; between here and there is a header that names these validators.
    if (!proofs) return notEnough
    const verdicts = proofs.length === 0 ? [] : await checkBls(proofs)
    if (!verdicts.every(Boolean)) return invalid(reject('LIGHT_POSSESSION_INVALID', `height ${header.height}`))
  }
  const signed = await verifyCommit(rules.chainId, commit, validators, checkBls)
  return signed.ok ? success : invalid(signed)
}

function checkTimes({ trusted, untrusted: { header }, rules, now }: Step): Result<void> {
  if (isExpired(trusted, rules, now)) return reject('LIGHT_TRUST_EXPIRED', `trusted height ${trusted.height}`)
  if (header.time > now + rules.clockDriftMs) return reject('LIGHT_FROM_FUTURE', `height ${header.height}`)
  const later = header.height > trusted.height && header.time > trusted.time
  return later ? { ok: true, value: undefined } : reject('LIGHT_NOT_LATER', `height ${header.height} after ${trusted.height}`)
}

function checkSuccessor(trusted: TrustedBlock, { header }: ConsistentBlock): Result<void> {
  if (!bytesEqual(header.previousHash, trusted.hash)) return reject('BLOCK_WRONG_PARENT', `height ${header.height}`)
  const promised = bytesEqual(header.validatorsHash, validatorSetHash(trusted.next))
  return promised ? { ok: true, value: undefined } : reject('LIGHT_WRONG_VALIDATORS', `height ${header.height}`)
}

function invalid({ error }: { readonly error: Rejection }): Verdict {
  return { type: 'INVALID', rejection: error }
}
