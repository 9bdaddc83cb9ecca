import { createBoundedMap } from '../primitives/bounded-map.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../primitives/token-bucket.ts'

/**
 * Addresses that are closed because of what came from them: several identities that were banned, or handshake upon handshake that led
 * nowhere. Identities cost nothing to make, addresses do; but an address may stand for many and changes hands, so it is never closed for
 * ever, and who else is well behaved there protects it (see `spared`).
 */
export interface HostBans {
  /** Books it, and says whether the address is closed from now on because of it. `spared`: it is not closed, whatever comes from it. */
  strike(site: string, strike: HostStrike, now: number, spared: boolean): boolean
  isBanned(site: string, now: number): boolean
  /** `now` when it is not. */
  bannedUntil(site: string, now: number): number
  pardon(site: string, now: number): boolean
  bans(now: number): readonly HostBan[]
}

/**
 * `identity`: a peer from there was banned. `handshake`: a connection from there said nothing, or nonsense. `flood`: one more came than
 * an address may open in a minute.
 */
export type HostStrike = 'identity' | 'handshake' | 'flood'

export interface HostBan {
  readonly site: string
  readonly until: number
  readonly because: HostStrike
  /** How many in a row. */
  readonly count: number
}

/** As many strikes are borne in their period; the next one closes the address. */
const borne = {
  identity: tokenBucketPolicy(2, 3_600_000),
  handshake: tokenBucketPolicy(4, 60_000, 10),
  flood: tokenBucketPolicy(60, 60_000),
} as const
const durationsMs = [10 * 60_000, 30 * 60_000, 60 * 60_000] as const
/** A ban that ended this long ago no longer lengthens the next. */
const forgottenMs = 24 * 60 * 60_000
export const hostBansMax = 4096
const struckMax = 8192

export function createHostBans(remembered: Iterable<HostBan> = []): HostBans {
  const struck = {
    identity: createBoundedMap<string, TokenBucket>(struckMax),
    handshake: createBoundedMap<string, TokenBucket>(struckMax),
    flood: createBoundedMap<string, TokenBucket>(struckMax),
  } as const satisfies Record<HostStrike, unknown>
  const bans = createBoundedMap<string, HostBan>(hostBansMax)
  for (const ban of remembered) bans.set(ban.site, ban)
  const forgive = (site: string): void => {
    for (const buckets of Object.values(struck)) buckets.delete(site)
  }
  const isBanned = (site: string, now: number) => now < (bans.peek(site)?.until ?? Number.NEGATIVE_INFINITY)

  return {
    isBanned,
    bannedUntil: (site, now) => Math.max(now, bans.peek(site)?.until ?? now),
    strike(site, because, now, spared) {
      if (isBanned(site, now)) return false
      const buckets = struck[because]
      buckets.dropStale((bucket) => bucket <= now)
      const taken = takeTokens(borne[because], buckets.get(site) ?? now, now)
      buckets.set(site, taken.bucket)
      if (taken.conforms || spared) return false
      const before = bans.peek(site)
      const count = before && now - before.until < forgottenMs ? before.count + 1 : 1
      const durationMs = durationsMs[Math.min(count, durationsMs.length) - 1] as number
      bans.set(site, { site, until: now + durationMs, because, count })
      forgive(site)
      return true
    },
    pardon(site, now) {
      forgive(site)
      const was = isBanned(site, now)
      bans.delete(site)
      return was
    },
    bans: (now) => Array.from(bans.entries(), ([, ban]) => ban).filter(({ site }) => isBanned(site, now)),
  }
}
