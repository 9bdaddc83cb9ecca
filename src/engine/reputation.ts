import { type AccessList, type AccessVerdict, createAccessList, parseTarget, type Target } from '../peers/access-list.ts'
import { createHostBans, type HostBans } from '../peers/host-bans.ts'
import { createPeerLedger, type PeerLedger } from '../peers/peer-ledger.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Ports } from './ports.ts'

/** Whom the node's settings let in or keep out whatever happens: peer ids, IP addresses and CIDR blocks. */
export interface AccessSettings {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/** All that is known of others' conduct, and what the operator decided about them. */
export interface Reputation {
  readonly ledger: PeerLedger
  readonly hosts: HostBans
  readonly access: AccessList
  /** The clock of all three, which no change of the wall clock moves. */
  now(): number
  /** Something worth remembering has happened. */
  changed(): void
  /** A moment of that clock as wall-clock time, for people. */
  asWallTime(at: number): number | 'forever'
}

export async function openReputation({ clock }: Ports, settings: AccessSettings): Promise<Reputation> {
  const access = createAccessList()
  for (const verdict of ['allow', 'deny'] as const) {
    for (const text of settings[verdict]) access.set(targetOf(text), { verdict, until: Number.POSITIVE_INFINITY, by: 'settings' })
  }
  return {
    ledger: createPeerLedger(),
    hosts: createHostBans(),
    access,
    now: () => clock.monotonic(),
    changed: () => undefined,
    asWallTime: (at) => (at === Number.POSITIVE_INFINITY ? 'forever' : Math.round(clock.now() + at - clock.monotonic())),
  }
}

/** Throws `OperationalError` ACCESS_TARGET_INVALID. */
export function targetOf(text: string): Target {
  const target = parseTarget(text)
  if (target) return target
  throw new OperationalError('ACCESS_TARGET_INVALID', 'This is no peer id, IP address or CIDR block.', {
    where: text.slice(0, 128),
  })
}

/** What the operator says of a peer at an address; the peer's own rule goes before its address's. */
export function accessOf({ access, now }: Reputation, peer: string, host: string | undefined): AccessVerdict | undefined {
  return access.ofPeer(peer, now()) ?? (host === undefined ? undefined : access.ofHost(host, now()))
}
