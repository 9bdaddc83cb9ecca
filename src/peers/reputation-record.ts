import { decode, encode } from '../codec/codec.ts'
import { bool, type Infer, list, literal, optional, struct, text, uint } from '../codec/schema.ts'
import { sha256 } from '../crypto/hash.ts'
import { type Bytes, bytesEqual, concatBytes } from '../primitives/bytes.ts'
import { type AccessEntry, accessRulesMax, parseTarget } from './access-list.ts'
import { type HostBan, type HostStrike, hostBansMax } from './host-bans.ts'
import { type LedgerEntry, ledgerBounds, scoreMax } from './peer-ledger.ts'

/**
 * What is known of others, as it outlives the process. Moments are kept as durations before or after the time of writing, because the
 * clock they are counted by begins anew with each process.
 */
export interface ReputationContent {
  readonly peers: readonly (readonly [peer: string, entry: LedgerEntry])[]
  readonly hosts: readonly HostBan[]
  readonly rules: readonly AccessEntry[]
}

const strikeNames = ['identity', 'handshake', 'flood'] as const satisfies readonly HostStrike[]

const reasonSchema = struct('ReputationReason', { what: text({ max: 384 }), agoMs: uint(), penalty: uint({ max: 200 }) })
const peerSchema = struct('ReputationPeer', {
  peer: text({ max: 128 }),
  /** Hundredths above −100. */
  score: uint({ max: 200 * scoreMax }),
  agoMs: uint(),
  bans: uint(),
  lastBanAgoMs: optional(uint()),
  banned: bool(),
  /** Absent: for ever. */
  bannedForMs: optional(uint()),
  reasons: list(reasonSchema, { max: 8 }),
})
const hostSchema = struct('ReputationHost', {
  site: text({ max: 128 }),
  forMs: uint(),
  because: uint({ max: strikeNames.length - 1 }),
  count: uint(),
})
const ruleSchema = struct('ReputationRule', { target: text({ max: 128 }), allow: bool(), forMs: optional(uint()) })
const reputationSchema = struct('Reputation', {
  version: literal(1),
  /** Wall-clock time, ms. */
  writtenAt: uint(),
  peers: list(peerSchema, { max: ledgerBounds.known + ledgerBounds.banned }),
  hosts: list(hostSchema, { max: hostBansMax }),
  rules: list(ruleSchema, { max: accessRulesMax }),
})
type ReputationPeer = Infer<typeof peerSchema>

const checksumBytes = 8
/**
 * The most that a ban is shortened by while the node was down: a wall clock that was set wrong meanwhile, by however much, frees nobody
 * sooner than this, and one that was set back only keeps a ban from running.
 */
export const absenceMsMax = 24 * 60 * 60_000

/** Times are told by two clocks: durations by one that never goes back, and the time away from this process by the wall's. */
export interface TwoClocks {
  readonly now: number
  readonly wall: number
}

export function encodeReputation({ peers, hosts, rules }: ReputationContent, { now, wall }: TwoClocks): Bytes {
  const ago = (at: number) => Math.max(0, Math.round(now - at))
  const left = (until: number) => (until === Number.POSITIVE_INFINITY ? undefined : Math.max(0, Math.round(until - now)))
  const content = encode(reputationSchema, {
    version: 1,
    writtenAt: wall,
    peers: peers.map(([peer, entry]) => ({
      peer,
      score: Math.round((entry.score + scoreMax) * 100),
      agoMs: ago(entry.at),
      bans: entry.bans,
      lastBanAgoMs: entry.bans === 0 ? undefined : ago(entry.lastBanAt),
      banned: entry.bannedUntil !== undefined,
      bannedForMs: left(entry.bannedUntil ?? now),
      reasons: entry.reasons.map(({ what, at, change }) => ({ what, agoMs: ago(at), penalty: -change })),
    })),
    hosts: hosts.map(({ site, until, because, count }) => ({
      site,
      forMs: left(until) ?? 0,
      because: strikeNames.indexOf(because),
      count,
    })),
    rules: rules
      .filter(({ by }) => by === 'operator')
      .map(({ target, verdict, until }) => ({ target: target.text, allow: verdict === 'allow', forMs: left(until) })),
  })
  return concatBytes(content, checksum(content))
}

/** Undefined when the bytes are not what `encodeReputation` wrote. */
export function decodeReputation(file: Bytes, { now, wall }: TwoClocks): ReputationContent | undefined {
  const content = file.subarray(0, Math.max(0, file.length - checksumBytes))
  if (!bytesEqual(checksum(content), file.subarray(content.length))) return undefined
  const decoded = decode(reputationSchema, content)
  if (!decoded.ok) return undefined
  const { writtenAt, peers, hosts, rules } = decoded.value
  const away = Math.min(absenceMsMax, Math.max(0, wall - writtenAt))
  const written = now - away
  const until = (forMs: number | undefined) => (forMs === undefined ? Number.POSITIVE_INFINITY : written + forMs)
  return {
    peers: peers.map((peer) => [peer.peer, entryOf(peer, written, until)]),
    hosts: hosts.map(({ site, forMs, because, count }) => {
      return { site, until: until(forMs), because: strikeNames[because] as HostStrike, count }
    }),
    rules: rules.flatMap(({ target: name, allow, forMs }): AccessEntry[] => {
      const target = parseTarget(name)
      return target ? [{ target, verdict: allow ? 'allow' : 'deny', until: until(forMs), by: 'operator' }] : []
    }),
  }
}

function entryOf(peer: ReputationPeer, written: number, until: (forMs: number | undefined) => number): LedgerEntry {
  return {
    score: peer.score / 100 - scoreMax,
    at: written - peer.agoMs,
    bans: peer.bans,
    lastBanAt: peer.lastBanAgoMs === undefined ? Number.NEGATIVE_INFINITY : written - peer.lastBanAgoMs,
    bannedUntil: peer.banned ? until(peer.bannedForMs) : undefined,
    reasons: peer.reasons.map(({ what, agoMs, penalty }) => ({ what, at: written - agoMs, change: -penalty })),
  }
}

function checksum(content: Bytes): Bytes {
  return sha256(content).subarray(0, checksumBytes)
}
