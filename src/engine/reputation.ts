import { type AccessList, type AccessVerdict, createAccessList, parseTarget, type Target } from '../peers/access-list.ts'
import type { DialTarget } from '../peers/dial-target.ts'
import { createHostBans, type HostBans } from '../peers/host-bans.ts'
import { createPeerLedger, type PeerLedger } from '../peers/peer-ledger.ts'
import { decodeReputation, encodeReputation } from '../peers/reputation-record.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Ports } from './ports.ts'
import { createSmallFileWriter } from './small-file-writer.ts'

/** Whom the node's settings let in or keep out whatever happens: peer ids, IP addresses and CIDR blocks. */
export interface AccessSettings {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
}

/** All that is known of others' conduct, and what the operator decided about them; kept on disk. */
export interface Reputation {
  readonly ledger: PeerLedger
  readonly hosts: HostBans
  readonly access: AccessList
  /** The clock of all three, which no change of the wall clock moves. */
  now(): number
  /** Something worth remembering has happened: it is on disk soon. */
  changed(): void
  /** A moment of that clock as wall-clock time, for people. */
  asWallTime(at: number): number | 'forever'
  /** Resolves when what is worth remembering is on disk, or could not be written. */
  stop(): Promise<void>
}

const fileName = 'reputation'
const damagedName = 'reputation-damaged'
/** What happens within a second is written together; a large file waits longer, so that writing costs little at any size. */
const writeDelayMsMin = 1000
const writeDelayMsPerByte = 0.01

/** Reads what is known of others; a damaged file is set aside, and the node starts without it. */
export async function openReputation(ports: Ports, settings: AccessSettings): Promise<Reputation> {
  const { clock } = ports
  const clocks = () => ({ now: clock.monotonic(), wall: clock.now() })
  const file = await ports.disk.readSmall(fileName)
  const known = file && decodeReputation(file, clocks())
  if (file && !known) {
    ports.telemetry.log('warn', 'the file of peers’ reputation is damaged: set aside, and begun anew', {
      file: fileName,
      kept: damagedName,
    })
    await ports.disk.writeSmall(damagedName, file)
  }
  const access = createAccessList()
  for (const verdict of ['allow', 'deny'] as const) {
    for (const text of settings[verdict]) access.set(targetOf(text), { verdict, until: Number.POSITIVE_INFINITY, by: 'settings' })
  }
  for (const { target, ...rule } of known?.rules ?? []) access.set(target, rule)
  const ledger = createPeerLedger(known?.peers)
  const hosts = createHostBans(known?.hosts)
  const now = () => clock.monotonic()
  const writer = createSmallFileWriter({
    ports,
    fileName,
    encoded: () =>
      encodeReputation({ peers: ledger.entries(now()), hosts: hosts.bans(now()), rules: access.entries(now()) }, clocks()),
    delayMs: (bytes) => Math.max(writeDelayMsMin, bytes * writeDelayMsPerByte),
  })
  return {
    ledger,
    hosts,
    access,
    now,
    asWallTime: (at) => (at === Number.POSITIVE_INFINITY ? 'forever' : Math.round(clock.now() + at - clock.monotonic())),
    ...writer,
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

/** Whether a target may be dialled at all. @param isWelcome whether conduct lets the peer in, where one is expected there. */
export function mayDial({ access, hosts, now }: Reputation, { peer, host, site }: DialTarget, isWelcome: boolean): boolean {
  const rule = (peer === undefined ? undefined : access.ofPeer(peer, now())) ?? access.ofHost(host, now())
  return rule === undefined ? isWelcome && !hosts.isBanned(site, now()) : rule === 'allow'
}
