import type { RejectionCode } from '../primitives/error-catalogue.ts'
import type { AttackKind } from './attack-detector.ts'

/** Which attack a refusal is part of, if it is repeated; `undefined` when it says nothing. */
export function attackOfRejection(code: RejectionCode): AttackKind | undefined {
  if (code === 'BATCH_REPLAYED' || code === 'CONSENSUS_REPLAYED') return 'replay'
  if (code === 'ROUND_STATE_FLOOD') return 'spam'
  return /^(CODEC|BATCH|SIGNATURE|VOTE_UNKNOWN|CERTIFICATE|PROPOSAL_WRONG_HASH|SYNC_WRONG)/.test(code) ? 'malformed' : undefined
}

/** Of a breach of the transport's rules, told in our own words. */
export function attackOfMisbehaviour(what: string): AttackKind {
  if (/decompress|inflat|zstd|bomb/i.test(what)) return 'bomb'
  if (/flood/.test(what)) return 'spam'
  return /at most|too long|too large|oversize|longer than/i.test(what) ? 'oversized' : 'malformed'
}

/** Of a connection that the door refused, by the limit. One that a whole network has filled is sought by those who surround a node. */
export function attackOfRefusal(limit: string): AttackKind | undefined {
  if (limit === 'subnet' || limit === 'total' || limit === 'evicted') return 'eclipse'
  return limit.endsWith('rate') || limit === 'address' || limit.includes('handshakes') ? 'flood' : undefined
}

/** Of a connection that came to nothing. */
export function attackOfStranger(fault: string): AttackKind | undefined {
  if (fault === 'slow handshake' || fault === 'no hello' || fault === 'no proof') return 'slow-loris'
  return fault === 'broken handshake' || fault === 'false identity' ? 'malformed' : undefined
}

/** Peers of one direction of whom so many must be there before their networks say anything. */
const dominatedMin = 8

/** The network group that holds more than half of the connections; `undefined` when none does, or there are too few to tell. */
export function dominantGroup(groups: readonly string[]): string | undefined {
  if (groups.length < dominatedMin) return undefined
  const counts = new Map<string, number>()
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1)
  return [...counts].find(([, count]) => 2 * count > groups.length)?.[0]
}
