import { createBoundedMap } from '../primitives/bounded-map.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'
import { listedAddress, reachOfPeer } from './address-rules.ts'
import { readDialTarget } from './dial-target.ts'
import { isRelayHost, placeOf } from './network-group.ts'
import { paymentOf, type ReachRequest } from './reach-message.ts'

/**
 * Whom a node dials on request, and how often. Dialling is worth something to an attacker only where it leads to others or costs the
 * asker less than it costs somebody else: so the host must be the asker's own, or be paid for with more bytes than a handshake sends
 * there, and all of it is rare.
 */
export interface ReachTarget {
  /** With the asker's peer id: nobody else is spoken to there. */
  readonly address: string
  /** It is not where the asker is seen. */
  readonly isForeign: boolean
}

/** `undefined` when the address is none that may be dialled for this asker. */
export function reachTargetOf({ address, nonce, payment }: ReachRequest, asker: string, host: string): ReachTarget | undefined {
  if (isRelayHost(host)) return undefined
  const target = readDialTarget(address)
  if (target.kind === 'other') {
    // In a form of its own, as in the simulator, where a place is its owner's.
    return address.startsWith('/') || target.peer !== asker ? undefined : { address, isForeign: false }
  }
  const bare = listedAddress(address, asker, 'world')
  if (target.kind !== 'ip' || bare === undefined || bare.includes('/p2p-circuit')) return undefined
  const isForeign = target.host !== placeOf(host).host
  // Whoever stands inside this node's own network says nothing of the world, and could be told what is in there.
  if (reachOfPeer(host) !== 'world' || (isForeign && !bytesEqual(payment, paymentOf(nonce)))) return undefined
  return { address: `${bare}/p2p/${asker}`, isForeign }
}

export interface ReachAdmission {
  /** 0: it may be done, and is counted. Otherwise the time until it may, ms. */
  waitMs(asker: string, site: string, isForeign: boolean, now: number): number
}

const perAsker = tokenBucketPolicy(6, 60_000)
const perSite = tokenBucketPolicy(12, 60_000)
const ofAll = tokenBucketPolicy(60, 60_000)
const foreign = tokenBucketPolicy(6, 60_000)
const rememberedMax = 4096

export function createReachAdmission(): ReachAdmission {
  const askers = createBoundedMap<string, TokenBucket>(rememberedMax)
  const sites = createBoundedMap<string, TokenBucket>(rememberedMax)
  let all: TokenBucket = 0
  let others: TokenBucket = 0
  return {
    waitMs(asker, site, isForeign, now) {
      const ofAsker = takeTokens(perAsker, askers.get(asker) ?? 0, now)
      const ofSite = takeTokens(perSite, sites.get(site) ?? 0, now)
      const total = takeTokens(ofAll, all, now)
      const abroad = isForeign ? takeTokens(foreign, others, now) : undefined
      const answers = [ofAsker, ofSite, total, ...(abroad ? [abroad] : [])]
      const waits = answers.map((answer) => (answer.conforms ? 0 : answer.retryMs))
      if (waits.some((wait) => wait > 0)) return Math.max(...waits)
      askers.set(asker, ofAsker.bucket)
      sites.set(site, ofSite.bucket)
      all = total.bucket
      if (abroad) others = abroad.bucket
      return 0
    },
  }
}
