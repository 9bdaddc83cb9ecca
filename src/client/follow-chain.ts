import type { Header } from '../chain/header.ts'
import type { ChainId } from '../chain/identifiers.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import { blsVerifyBatch } from '../crypto/bls.ts'
import type { ConsistentBlock } from '../light/light-block.ts'
import {
  createLightClient,
  type LightClient,
  type LightClientOptions,
  type LightFailure,
  trustRoot,
} from '../light/light-client.ts'
import type { LightProvider } from '../light/provider.ts'
import { genesisTrust, oneThird, type TrustLevel, type TrustRules } from '../light/trust.ts'
import { createTrustStore } from '../light/trust-store.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { Client } from './client.ts'
import { lightBlockFromView } from './from-view.ts'

/** What is trusted to begin with: the chain, and who decides its first block. It comes from the chain spec, never from the node asked. */
export interface Trust {
  readonly chainId: ChainId
  readonly validators: ValidatorSet
  /** Milliseconds since the Unix epoch. */
  readonly genesisTime: number
}

export interface FollowOptions extends FollowRules {
  /** The node that is asked. */
  readonly client: Client
  /** Nodes of other owners, with which every answer is compared. */
  readonly witnesses?: readonly Client[]
}

/** What is believed, and how. */
export interface FollowRules {
  readonly trust: Trust
  /** A final block of lately, by height and hash, got from somebody who is trusted: begins there instead of at genesis. */
  readonly checkpoint?: { readonly height: number; readonly hash: Uint8Array }
  /** How long a verified header convinces of others, ms; for ever unless given. It must be shorter than stake takes to be free. */
  readonly periodMs?: number
  /** So many witnesses must agree; none must unless given. */
  readonly witnessesMin?: number
  /** A third unless given. */
  readonly level?: TrustLevel
  /** How far clocks may stand apart, ms: ten seconds unless given. */
  readonly clockDriftMs?: number
  readonly mode?: NonNullable<LightClientOptions['mode']>
  readonly onFalse?: LightClientOptions['onFalse']
}

/** Headers of a chain as its validators have signed them, whoever is asked. Remembers what it has verified. */
export interface ChainFollower {
  header(height: number | 'latest'): Promise<Result<Header, LightFailure>>
  /** The same with its commit and its validators. */
  block(height: number | 'latest'): Promise<Result<ConsistentBlock, LightFailure>>
}

const standardDriftMs = 10_000

/** Follows a chain by its headers: a light client over nodes' HTTP APIs, in Node and in browsers. */
export function followChain(options: FollowOptions): ChainFollower {
  return followProviders({ ...options, providers: [options.client, ...(options.witnesses ?? [])].map(httpProvider) })
}

/** The same over whatever serves light blocks: the first is asked, the others are its witnesses. */
export function followProviders(options: FollowRules & { readonly providers: readonly LightProvider[] }): ChainFollower {
  const { providers, trust, checkpoint, level = oneThird, periodMs = Number.POSITIVE_INFINITY } = options
  const rules: TrustRules = { chainId: trust.chainId, level, periodMs, clockDriftMs: options.clockDriftMs ?? standardDriftMs }
  const store = createTrustStore()
  let opened: Promise<Result<void>> | undefined
  let light: LightClient | undefined

  async function open(): Promise<Result<void>> {
    const genesis = genesisTrust({ ...trust, time: trust.genesisTime })
    const root = checkpoint ? await trustRoot(providers, rules, checkpoint) : ok(genesis)
    if (!root.ok) {
      opened = undefined
      return root
    }
    store.add(root.value)
    return ok(undefined)
  }

  async function block(height: number | 'latest'): Promise<Result<ConsistentBlock, LightFailure>> {
    opened ??= open()
    const root = await opened
    if (!root.ok) return root
    light ??= createLightClient({ ...options, rules, store, providers, checkBls, now: Date.now })
    return height === 'latest' ? light.latest() : light.verified(height)
  }

  return {
    block,
    async header(height) {
      const found = await block(height)
      return found.ok ? ok(found.value.header) : found
    },
  }
}

async function checkBls(items: Parameters<LightClientOptions['checkBls']>[0]): Promise<readonly boolean[]> {
  return blsVerifyBatch(items)
}

/** A node's light blocks over its API. */
export function httpProvider(client: Client): LightProvider {
  return {
    name: client.url,
    async lightBlock(height) {
      const view = await client.lightBlock(height).catch(() => undefined)
      return view
        ? ok(lightBlockFromView(view))
        : reject('LIGHT_NOT_HELD', `${client.url} has no light block of height ${height}`)
    },
    async changes(height) {
      const view = await client.validatorChanges(height).catch(() => undefined)
      return view?.heights ?? []
    },
  }
}
