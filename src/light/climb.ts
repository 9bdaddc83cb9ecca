/**
 * The way up from a trusted header to a later one, in as few steps as the trust allows: straight there, and where that asks for too
 * much, halfway first. In sequence it takes every height. Nothing that is met on the way is believed before it has been verified.
 */
import type { SignatureCheck } from '../crypto/verified.ts'
import { ok, type Rejection, type Result } from '../primitives/result.ts'
import type { ConsistentBlock } from './light-block.ts'
import { fetchBlock, type LightProvider } from './provider.ts'
import { type TrustedBlock, type TrustRules, trustedOf } from './trust.ts'
import { type Verdict, verifyLightBlock } from './verify-light-block.ts'

export interface Climb {
  readonly provider: LightProvider
  readonly rules: TrustRules
  readonly checkBls: SignatureCheck
  readonly now: () => number
  readonly mode: 'skipping' | 'sequential'
}

/** The headers verified on the way, the target last. Rejects what the provider could not show, or what does not hold. */
export async function climb(way: Climb, from: TrustedBlock, target: ConsistentBlock): Promise<Result<readonly TrustedBlock[]>> {
  const verified: TrustedBlock[] = []
  // Each stands below the one before it: the next to try is the last.
  const ahead: ConsistentBlock[] = [target]
  let trusted = from
  for (let next = ahead.at(-1); next !== undefined; next = ahead.at(-1)) {
    const verdict = await judge(way, trusted, next)
    if (verdict.type === 'INVALID') return refused(verdict)
    if (verdict.type === 'SUCCESS') {
      trusted = trustedOf(next)
      verified.push(trusted)
      ahead.pop()
      continue
    }
    const between = await fetchBlock(way.provider, way.rules.chainId, heightBetween(way, trusted.height, next.header.height))
    if (!between.ok) return between
    ahead.push(between.value)
  }
  return ok(verified)
}

async function judge({ rules, checkBls, now, mode }: Climb, trusted: TrustedBlock, untrusted: ConsistentBlock): Promise<Verdict> {
  if (mode === 'sequential' && untrusted.header.height > trusted.height + 1) return { type: 'NOT_ENOUGH_TRUST' }
  return verifyLightBlock({ trusted, untrusted, rules, now: now() }, checkBls)
}

/** Between heights that are two or more apart, as they are where trust was not enough. */
function heightBetween({ mode }: Climb, low: number, high: number): number {
  return mode === 'sequential' ? low + 1 : low + Math.floor((high - low) / 2)
}

function refused({ rejection }: { readonly rejection: Rejection }): Result<never> {
  return { ok: false, error: rejection }
}
