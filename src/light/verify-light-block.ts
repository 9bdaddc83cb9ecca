/**
 * One step of the light client: whether a header follows from a trusted one. A header of the next height must be decided by exactly
 * the validators that the trusted one promised. A later one must, besides by more than two thirds of its own validators, be signed by
 * more than a third of those trusted: among them is an honest one, who signs nothing but the chain. Follows the verification of
 * arXiv:1911.09988 and of CometBFT's light client, with proofs of possession in addition, since our commits are sums.
 * Spec: docs/spec/light-client.md, "A step".
 */

import type { Commit } from '../chain/certificate.ts'
import { possessionItems } from '../chain/key-possession.ts'
import { commitItem } from '../chain/light-verification.ts'
import { evidencePossessionsMax } from '../chain/limits.ts'
import { validatorSetHash } from '../chain/validator-set.ts'
import type { SignatureCheck, SignatureItem } from '../crypto/verified.ts'
import { type CertificateItem, verifyCertificates } from '../crypto/verified-certificates.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
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

/** What is left to check of a step once everything that costs nothing has been: its signatures. */
export interface Claim {
  readonly height: number
  /** Of signers whom the trusted block does not name. */
  readonly proofs: readonly SignatureItem[]
  readonly commit: CertificateItem<Commit>
}

/** The cheap checks stand first: nobody pays for a pairing who can be refused without. */
export async function verifyLightBlock(step: Step, checkBls: SignatureCheck): Promise<Verdict> {
  const claim = claimOf(step)
  if ('type' in claim) return claim
  const checked = await checkClaims([claim], checkBls)
  return checked.ok ? success : invalid(checked)
}

/** A verdict, or what it depends on. */
export function claimOf(step: Step): Claim | Verdict {
  const { trusted, untrusted, rules } = step
  const { header, commit, validators, light } = untrusted
  const inTime = checkTimes(step)
  if (!inTime.ok) return invalid(inTime)
  const item = commitItem(rules.chainId, commit, validators)
  if (!item.ok) return invalid(item)
  if (header.height === trusted.height + 1) {
    const follows = checkSuccessor(trusted, untrusted)
    return follows.ok ? { height: header.height, proofs: [], commit: item.value } : invalid(follows)
  }
  const overlap = overlapOf(trusted.next, untrusted)
  if (!isEnough(overlap.power, trusted.next.totalPower, rules)) return notEnough
  if (overlap.strangers.length > evidencePossessionsMax) return notEnough
  const proofs = possessionItems(rules.chainId, overlap.strangers, light.possessions)
  // Without the proofs the sum of keys proves nothing; between here and there is a header that names these validators.
  return proofs ? { height: header.height, proofs, commit: item.value } : notEnough
}

/** Checks the signatures of several steps, together since that costs less; of those that do not hold the first is named. */
export async function checkClaims(claims: readonly Claim[], checkBls: SignatureCheck): Promise<Result<void>> {
  const proofs = claims.flatMap((claim) => claim.proofs)
  const verdicts = proofs.length === 0 ? [] : await checkBls(proofs)
  // A sum of keys is looked at only when each of its keys is known to be somebody's.
  const proved = claims.findIndex(({ proofs: own }, index) => {
    const from = claims.slice(0, index).reduce((sum, { proofs: before }) => sum + before.length, 0)
    return !own.every((_, place) => verdicts[from + place] === true)
  })
  const sound = proved < 0 ? claims : claims.slice(0, proved)
  const signed = await verifyCertificates(
    sound.map(({ commit }) => commit),
    checkBls,
  )
  const forged = signed.indexOf(undefined)
  if (forged >= 0) return reject('SIGNATURE_INVALID', `commit of height ${sound[forged]?.height}`)
  return proved < 0 ? ok(undefined) : reject('LIGHT_POSSESSION_INVALID', `height ${claims[proved]?.height}`)
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
