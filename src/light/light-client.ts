/**
 * A light client: it follows a chain by its headers from one that it was given to trust, asks anybody and believes nobody. What one
 * provider shows is verified, then compared with what the witnesses have; where a verified fork shows, it stops and says what is
 * proved. Pure but for what it is given: providers, the time, a check of signatures. Spec: docs/spec/light-client.md.
 */
import type { SignatureCheck } from '../crypto/verified.ts'
import { assert } from '../primitives/assert.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { ok, type Rejection, type Result, reject } from '../primitives/result.ts'
import type { LightAttack } from './attack.ts'
import { type Climb, climb } from './climb.ts'
import type { ConsistentBlock } from './light-block.ts'
import { fetchBlock, fetchNamed, type LightProvider } from './provider.ts'
import { isTrustLevel, type TrustedBlock, type TrustRules, trustedOf } from './trust.ts'
import type { TrustStore } from './trust-store.ts'
import { hear } from './witness.ts'

export interface LightClientOptions {
  readonly rules: TrustRules
  /** Holds at least one trusted header: see `trustRoot`. */
  readonly store: TrustStore
  /** The first is asked first; each other one is its witness, and takes its place when it fails. */
  readonly providers: readonly LightProvider[]
  readonly checkBls: SignatureCheck
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  readonly mode?: Climb['mode'] | undefined
  /** So many witnesses must have the same block; none must unless given. */
  readonly witnessesMin?: number | undefined
  /** A provider showed something that does not hold. */
  readonly onFalse?: ((provider: LightProvider, rejection: Rejection) => void) | undefined
}

/** Why a header was not believed; of a fork, with what proves it. */
export interface LightFailure extends Rejection {
  readonly attack?: LightAttack
}

export interface LightClient {
  /** The block of a height, once it is known to be the chain's. After a fork every answer is that fork. */
  verified(height: number): Promise<Result<ConsistentBlock, LightFailure>>
  /** The latest block that a provider has, verified alike. */
  latest(): Promise<Result<ConsistentBlock, LightFailure>>
  readonly newest: TrustedBlock
  readonly attack: LightAttack | undefined
}

/** Hashes followed downwards from a trusted header. */
const stepsDownMax = 10_000

export function createLightClient(options: LightClientOptions): LightClient {
  const { rules, store, checkBls, now } = options
  assert(isTrustLevel(rules.level), 'a trust level lies between one third and one')
  assert(store.newest() && options.providers.length > 0, 'a light client has a trusted header and somebody to ask')
  let providers = options.providers
  let fork: { readonly rejection: Rejection; readonly attack: LightAttack } | undefined

  const wayOf = (provider: LightProvider): Climb => ({ provider, rules, checkBls, now, mode: options.mode ?? 'skipping' })

  /** Every provider in turn, until one convinces. */
  async function find(height: number | 'latest'): Promise<Result<ConsistentBlock, LightFailure>> {
    let failure: Result<never, LightFailure> = reject('LIGHT_NOT_HELD', `height ${height}`)
    for (const provider of [...providers]) {
      if (fork) return forked(fork)
      const found = await findBy(provider, height)
      if (found.ok) {
        providers = [provider, ...providers.filter((other) => other !== provider)]
        return found
      }
      if (found.error.code !== 'LIGHT_NOT_HELD' || failure.error.code === 'LIGHT_NOT_HELD') failure = found
      if (isOurs(found.error)) return failure
      if (found.error.code !== 'LIGHT_NOT_HELD') options.onFalse?.(provider, found.error)
    }
    return failure
  }

  async function findBy(provider: LightProvider, height: number | 'latest'): Promise<Result<ConsistentBlock, LightFailure>> {
    const from = height === 'latest' ? store.newest() : store.below(height)
    if (!from) return descend(provider, height as number)
    const target = await fetchBlock(provider, rules.chainId, height)
    if (!target.ok) return target
    const known = store.at(target.value.header.height)?.block
    if (known) return ok(known)
    const verified = await climb(wayOf(provider), from, target.value)
    if (!verified.ok) return verified
    const confirmed = await confirm(provider, from, verified.value)
    if (!confirmed.ok) return confirmed
    for (const block of verified.value) store.add(block)
    return target
  }

  async function confirm(
    provider: LightProvider,
    from: TrustedBlock,
    verified: readonly TrustedBlock[],
  ): Promise<Result<void, LightFailure>> {
    const witnesses = providers.filter((other) => other !== provider)
    const testimonies = await Promise.all(witnesses.map((witness) => hear(witness, wayOf(provider), from, verified)))
    for (const [index, testimony] of testimonies.entries()) {
      const witness = witnesses[index] as LightProvider
      if (testimony.type === 'false') options.onFalse?.(witness, falseWitness(verified))
      if (testimony.type !== 'fork') continue
      fork = { rejection: describeFork(testimony.attack, provider, witness), attack: testimony.attack }
      return forked(fork)
    }
    const agree = testimonies.filter(({ type }) => type === 'agrees').length
    const wanted = options.witnessesMin ?? 0
    return agree >= wanted ? ok(undefined) : reject('LIGHT_UNCONFIRMED', `${agree} of ${wanted} witnesses`)
  }

  /** Below every trusted header: hash by hash. No signature has to hold, but the trusted header must still be. */
  async function descend(provider: LightProvider, height: number): Promise<Result<ConsistentBlock>> {
    let block = store.above(height)?.block
    if (!block || height < 1) return reject('LIGHT_NOT_HELD', `height ${height}`)
    if (block.header.height - height > stepsDownMax) return reject('LIGHT_TOO_FAR_BACK', `height ${height}`)
    while (block.header.height > height) {
      const below = await fetchNamed(provider, rules.chainId, block)
      if (!below.ok) return below
      block = below.value
    }
    return ok(block)
  }

  return {
    async verified(height) {
      if (fork) return forked(fork)
      const known = store.at(height)?.block
      return known ? ok(known) : find(height)
    },
    latest: () => find('latest'),
    get newest() {
      return store.newest() as TrustedBlock
    },
    get attack() {
      return fork?.attack
    },
  }
}

/** Asking another provider does not help. */
function isOurs({ code }: Rejection): boolean {
  return code === 'LIGHT_TRUST_EXPIRED' || code === 'LIGHT_FORK'
}

function forked(fork: { readonly rejection: Rejection; readonly attack: LightAttack }): Result<never, LightFailure> {
  return { ok: false, error: { ...fork.rejection, attack: fork.attack } }
}

function falseWitness(verified: readonly TrustedBlock[]): Rejection {
  return { code: 'LIGHT_BLOCK_MALFORMED', detail: `another block of height ${verified.at(-1)?.height} that does not hold` }
}

function describeFork({ kind, first, convicted, suspects }: LightAttack, one: LightProvider, other: LightProvider): Rejection {
  const { height } = first.header
  const detail = `${kind} at height ${height}: ${one.name} and ${other.name} differ; ${convicted.length} convicted, ${suspects.length} suspected`
  return { code: 'LIGHT_FORK', detail }
}

/** The header that somebody names as trusted, by height and hash, fetched from a provider: its hash proves it. */
export async function trustRoot(
  providers: readonly LightProvider[],
  rules: Pick<TrustRules, 'chainId'>,
  checkpoint: { readonly height: number; readonly hash: Uint8Array },
): Promise<Result<TrustedBlock>> {
  let failure: Result<never> = reject('LIGHT_NOT_HELD', `trusted height ${checkpoint.height}`)
  for (const provider of providers) {
    const fetched = await fetchBlock(provider, rules.chainId, checkpoint.height)
    if (fetched.ok && bytesEqual(fetched.value.hash, checkpoint.hash)) return ok(trustedOf(fetched.value))
    if (fetched.ok) failure = reject('LIGHT_ROOT_WRONG', `${provider.name}, height ${checkpoint.height}`)
    else if (failure.error.code === 'LIGHT_NOT_HELD') failure = fetched
  }
  return failure
}
