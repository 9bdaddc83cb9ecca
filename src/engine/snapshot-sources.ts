import type { PeerId } from '../ports/network.ts'
import type { Rejection } from '../primitives/result.ts'
import type { SnapshotOffer } from '../sync/snapshot-message.ts'
import type { Ports } from './ports.ts'
import { createRequestBackoff, type RequestBackoff } from './request-backoff.ts'
import { createSnapshotClient, type SnapshotClient } from './snapshot-client.ts'

/** Who offers which snapshot, and who is not asked any more: who lied, and who failed several times in a row. */
export interface SnapshotSources {
  readonly client: SnapshotClient
  readonly backoff: RequestBackoff
  /** Asks every peer what it offers. */
  look(): Promise<void>
  /** What is offered: that which most peers offer first, the newer before the older. */
  heights(): readonly SnapshotOffer[]
  /** The connected peers that offer a snapshot and are asked. */
  offering(height: number): readonly PeerId[]
  lied(peer: PeerId, rejection: Rejection): void
  failed(peer: PeerId, error: unknown): void
  /** A whole chunk came, and is true: earlier failures were of the moment. */
  kept(peer: PeerId): void
  /** Asks those again who failed, not those who lied. */
  forgive(): void
}

const failuresMax = 5

export function createSnapshotSources(options: {
  readonly ports: Ports
  readonly serves: (peer: PeerId) => boolean
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
}): SnapshotSources {
  const { clock, network, telemetry } = options.ports
  const client = createSnapshotClient(network)
  const backoff = createRequestBackoff(clock)
  const liars = new Set<PeerId>()
  const failures = new Map<PeerId, number>()
  let offered = new Map<PeerId, readonly SnapshotOffer[]>()

  const serving = (): readonly PeerId[] => {
    const present = network.peers().map(({ id }) => id)
    return present.filter((peer) => options.serves(peer) && !liars.has(peer) && (failures.get(peer) ?? 0) < failuresMax)
  }
  function lied(peer: PeerId, rejection: Rejection): void {
    liars.add(peer)
    telemetry.log('warn', 'a peer sent a false part of a snapshot', { peer, code: rejection.code })
    options.onRejection(peer, rejection)
  }
  function failed(peer: PeerId, error: unknown): void {
    failures.set(peer, (failures.get(peer) ?? 0) + 1)
    telemetry.log('debug', 'a peer did not send a part of a snapshot', { peer, error: String(error) })
  }

  async function offersOf(peer: PeerId): Promise<readonly SnapshotOffer[]> {
    try {
      const offers = await client.offers(peer)
      if (offers.ok) return offers.value
      lied(peer, offers.error)
    } catch (error) {
      if (!backoff.failed(peer, error)) failed(peer, error)
    }
    return []
  }

  return {
    client,
    backoff,
    async look() {
      offered = new Map(await Promise.all(serving().map(async (peer) => [peer, await offersOf(peer)] as const)))
    },
    heights() {
      const byHeight = new Map<number, SnapshotOffer[]>()
      for (const offer of [...offered.values()].flat()) {
        byHeight.set(offer.height, [...(byHeight.get(offer.height) ?? []), offer])
      }
      const ranked = [...byHeight.values()].sort((left, right) => right.length - left.length || heightOf(right) - heightOf(left))
      return ranked.map((offers) => ({ height: heightOf(offers), entries: median(offers.map(({ entries }) => entries)) }))
    },
    offering: (height) => serving().filter((peer) => offered.get(peer)?.some((offer) => offer.height === height)),
    lied,
    failed,
    kept: (peer) => void failures.delete(peer),
    forgive: () => failures.clear(),
  }
}

function heightOf(offers: readonly SnapshotOffer[]): number {
  return (offers[0] as SnapshotOffer).height
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0
}
