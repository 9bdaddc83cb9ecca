import type { Hello } from '../peers/hello.ts'
import { usableAddresses } from '../peers/listen-addresses.ts'
import { placeOf } from '../peers/network-group.ts'
import type { Reachability } from '../peers/own-addresses.ts'
import type { RelayLimits } from '../peers/relay-book.ts'
import { createRelayPlan, type RelayCandidate } from '../peers/relay-plan.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import type { OwnAddresses } from './own-addresses.ts'
import type { Ports } from './ports.ts'
import type { RelayService } from './relay-service.ts'

export interface RelaySettings {
  /** `auto`: when this node learns that it cannot be reached from outside. */
  readonly client: 'auto' | 'on' | 'off'
  /** `auto`: when it learns that it can. */
  readonly server: 'auto' | 'on' | 'off'
  /** Peers to ask before all others, whatever they say of themselves. */
  readonly preferred: readonly PeerId[]
  readonly limits: RelayLimits
}

/** Lets others lead strangers here where this node cannot be reached, and leads others where it can. */
export interface RelayDesk {
  start(): void
  /** Who is connected has changed. */
  changed(): void
  stop(): void
}

export interface RelayDeskOptions {
  readonly ports: Ports
  readonly settings: RelaySettings | undefined
  readonly ownAddresses: Pick<OwnAddresses, 'reachability'>
  readonly helloOf: (peer: PeerId) => Pick<Hello, 'capabilities' | 'listenAddresses'> | undefined
  readonly service: RelayService
}

/** Whether this node relays, which its hello offers. */
export function servesAsRelay({ network }: Ports, settings: RelaySettings | undefined, reachability: Reachability): boolean {
  return network.relaying !== undefined && settings !== undefined && isWanted(settings.server, reachability === 'public')
}

const isWanted = (choice: 'auto' | 'on' | 'off', isFit: boolean) => choice === 'on' || (choice === 'auto' && isFit)

const withoutPeer = (address: string) => address.replace(/\/p2p\/[^/]+$/, '')

/** One may be lost at any time, and its replacement takes a moment. */
const relaysWanted = 2
/** The capability of a node that relays. */
export const relayCapability = 'relay'
/** Addresses of each relay that are told on. */
const relayAddressesMax = 2
const reviewMs = 5_000
/** With too few relays among the peers, others are looked for so often. */
const lookMs = 60_000
/** What changes together is looked at together. */
const gatherMs = 50

export function createRelayDesk({ ports, settings, ownAddresses, helloOf, service }: RelayDeskOptions): RelayDesk {
  const { clock, entropy, network, telemetry } = ports
  const { relaying } = network
  const plan = createRelayPlan()
  const { addressesOf, candidates } = createRelayFinder({ ports, settings, helloOf })
  let review: Timer | undefined
  let soon: Timer | undefined
  let isServing = false
  let bytesCounted = 0
  let lookedAt = Number.NEGATIVE_INFINITY

  async function ask(relay: PeerId): Promise<void> {
    const peer = network.peers().find(({ id }) => id === relay)
    try {
      if (!peer || !relaying) throw new Error('it is not connected any more')
      const { forMs } = await relaying.reserve(relay, addressesOf(peer))
      plan.granted(relay, forMs, clock.monotonic())
      telemetry.log('debug', 'a relay leads others here', { relay, forMs })
    } catch (error) {
      plan.refused(relay, clock.monotonic(), (entropy.bytes(1)[0] ?? 0) / 255)
      telemetry.log('debug', 'a relay does not lead others here', { relay, error: String(error) })
      changed()
    }
    tell()
  }

  function tell(): void {
    if (!relaying) return
    const { reservations, circuits, bytes } = relaying.usage()
    telemetry.gauge('synod_relay_reservations', plan.held().length, { side: 'held' })
    telemetry.gauge('synod_relay_reservations', reservations, { side: 'granted' })
    telemetry.gauge('synod_relay_circuits', circuits)
    telemetry.count('synod_relay_bytes_total', bytes - bytesCounted)
    bytesCounted = bytes
  }

  function proceed(): void {
    if (!settings || !relaying) return
    const reachability = ownAddresses.reachability()
    if (servesAsRelay(ports, settings, reachability) !== isServing) {
      isServing = !isServing
      relaying.serve(isServing ? settings.limits : undefined)
      service.offer(isServing)
    }
    const wanted = isWanted(settings.client, reachability === 'private') ? relaysWanted : 0
    const due = plan.due(candidates(), wanted, clock.monotonic())
    for (const relay of due.release) relaying.release(relay)
    for (const relay of due.ask) void ask(relay)
    tell()
    const now = clock.monotonic()
    if (plan.held().length + due.ask.length >= wanted || now - lookedAt < lookMs) return
    lookedAt = now
    void service.look()
  }

  function changed(): void {
    if (review === undefined) return
    soon ??= clock.schedule(gatherMs, () => {
      soon = undefined
      proceed()
    })
  }

  function reviewLater(): void {
    review = clock.schedule(reviewMs, () => {
      reviewLater()
      proceed()
    })
  }

  return {
    start() {
      if (!settings || !relaying) return
      reviewLater()
      proceed()
    },
    changed,
    stop() {
      review?.cancel()
      soon?.cancel()
      review = undefined
    },
  }
}

/** Who of the peers may lead others here, and where they themselves are dialled. */
function createRelayFinder({ ports: { network }, settings, helloOf }: Pick<RelayDeskOptions, 'ports' | 'settings' | 'helloOf'>) {
  /** Where others can dial a relay: where this node did, and where it says. */
  function addressesOf({ id, address, direction, host }: PeerInfo): readonly string[] {
    const said = usableAddresses(helloOf(id)?.listenAddresses ?? [], id, host)
    const all = [...(direction === 'outbound' ? [address] : []), ...said].filter((one) => !one.includes('/p2p-circuit'))
    return [...new Set(all.map(withoutPeer))].slice(0, relayAddressesMax)
  }

  function candidates(): readonly RelayCandidate[] {
    return network.peers().flatMap((peer) => {
      const preferred = settings?.preferred.includes(peer.id) ?? false
      const offers = helloOf(peer.id)?.capabilities.includes(relayCapability) ?? false
      // Nodes find out that they can be reached after they have said hello: whom this one could dial may relay by now.
      const mayRelay = preferred || offers || peer.direction === 'outbound'
      if (peer.relayed || !mayRelay || addressesOf(peer).length === 0) return []
      return [{ peer: peer.id, preferred, offers, group: placeOf(peer.host).group, latencyMs: peer.latencyMs }]
    })
  }

  return { addressesOf, candidates }
}
