/**
 * The way up from a trusted header to a later one, by as little work as the trust allows: straight there, and where that asks for too
 * much, by a height in between first. In sequence it takes every height. Nothing that is met on the way is believed before it has been
 * verified. Spec: docs/spec/light-client.md, "A way".
 */
import { checkSigners } from '../chain/light-verification.ts'
import type { SignatureCheck } from '../crypto/verified.ts'
import { ok, type Rejection, type Result } from '../primitives/result.ts'
import type { ConsistentBlock } from './light-block.ts'
import { overlapOf } from './overlap.ts'
import { fetchBlock, type LightProvider } from './provider.ts'
import { type TrustedBlock, type TrustRules, trustedOf } from './trust.ts'
import { type Claim, checkClaims, claimOf, type Verdict } from './verify-light-block.ts'
import { createWaymarks, type Waymarks } from './waymarks.ts'

export interface Climb {
  readonly provider: LightProvider
  readonly rules: TrustRules
  readonly checkBls: SignatureCheck
  readonly now: () => number
  readonly mode: 'skipping' | 'sequential'
}

/** So many steps are checked together: a few more cost hardly less each. */
const claimsMax = 16

/** The headers verified on the way, the target last. Rejects what the provider could not show, or what does not hold. */
export async function climb(way: Climb, from: TrustedBlock, target: ConsistentBlock): Promise<Result<readonly TrustedBlock[]>> {
  const marks = createWaymarks(way.provider, way.rules.chainId, from.height)
  const verified: TrustedBlock[] = []
  // Steps whose signatures are still to be checked: until then where they lead decides only what is asked for next.
  const claims: Claim[] = []
  // Each stands below the one before it: the next to try is the last.
  const ahead: ConsistentBlock[] = [target]
  let trusted = from
  for (let next = ahead.at(-1); next !== undefined; next = ahead.at(-1)) {
    const mark = await cheaperBy(way, marks, trusted, next)
    const claim = mark === undefined ? judge(way, trusted, next) : notYet
    if (!('type' in claim)) {
      claims.push(claim)
      trusted = trustedOf(next)
      verified.push(trusted)
      ahead.pop()
      if (claims.length < claimsMax && ahead.length > 0) continue
    }
    if (!('type' in claim) || claim.type === 'INVALID') {
      const settled = await settle(way, claims)
      if (!settled.ok) return settled
      if ('type' in claim) return refused(claim)
      continue
    }
    const between = await fetchBetween(way, marks, { low: trusted.height, high: next.header.height, mark })
    if (!between.ok) {
      // Who showed what does not hold is to be known by that, whatever it lacks.
      const settled = await settle(way, claims)
      return settled.ok ? between : settled
    }
    if (between.value) ahead.push(between.value)
  }
  return ok(verified)
}

const notYet = { type: 'NOT_ENOUGH_TRUST' } as const

async function settle({ checkBls }: Climb, claims: Claim[]): Promise<Result<void>> {
  return checkClaims(claims.splice(0), checkBls)
}

/**
 * The height of a change of validators by which the way is cheaper than straight on, if there is one. A commit is checked once for each
 * height that is gone by, and a proof of possession for each signer who is not in the trusted set: both cost a pairing.
 */
async function cheaperBy(way: Climb, marks: Waymarks, trusted: TrustedBlock, next: ConsistentBlock): Promise<number | undefined> {
  const { height } = next.header
  if (way.mode === 'sequential' || height < trusted.height + 2) return undefined
  if (!checkSigners(next.commit.signers, next.validators).ok) return undefined
  const { strangers } = overlapOf(trusted.next, next)
  if (strangers.length === 0) return undefined
  const changes = await marks.between(trusted.height, height)
  return changes && changes.length < strangers.length ? changes[changes.length >> 1] : undefined
}

function judge({ rules, now, mode }: Climb, trusted: TrustedBlock, untrusted: ConsistentBlock): Claim | Verdict {
  if (mode === 'sequential' && untrusted.header.height > trusted.height + 1) return notYet
  return claimOf({ trusted, untrusted, rules, now: now() })
}

/** A block by which to go first; `undefined` where the marked one is not to be had, and the way goes on without marks. */
async function fetchBetween(
  { provider, rules, mode }: Climb,
  marks: Waymarks,
  { low, high, mark }: { readonly low: number; readonly high: number; readonly mark: number | undefined },
): Promise<Result<ConsistentBlock | undefined>> {
  if (mark !== undefined) {
    const marked = await marks.fetch(mark, low)
    if (marked.ok || marked.error.code !== 'LIGHT_NOT_HELD') return marked
    marks.forget()
    return ok(undefined)
  }
  return fetchBlock(provider, rules.chainId, heightBetween(mode, low, high))
}

/** Between heights that are two or more apart, as they are where trust was not enough. */
function heightBetween(mode: Climb['mode'], low: number, high: number): number {
  return mode === 'sequential' ? low + 1 : low + Math.floor((high - low) / 2)
}

function refused({ rejection }: { readonly rejection: Rejection }): Result<never> {
  return { ok: false, error: rejection }
}
