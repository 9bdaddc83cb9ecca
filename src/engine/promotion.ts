import { type BackOff, createBackOff } from '../peers/back-off.ts'
import { readDialTarget } from '../peers/dial-target.ts'
import type { Hello } from '../peers/hello.ts'
import { usableAddresses } from '../peers/listen-addresses.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import type { Ports } from './ports.ts'

/**
 * Makes direct connections of relayed ones: at the addresses the peer announces, which may be open to this side though not to everybody;
 * then, where this side had dialled, by WebRTC over the relay. What fails is tried again later and later; the relayed connection stays.
 */
export interface Promotion {
  /** A peer is connected. */
  met(peer: PeerInfo): void
  /** It is not any more, or directly. */
  settled(peer: PeerId): void
  stop(): void
}

export interface PromotionOptions {
  readonly ports: Ports
  readonly helloOf: (peer: PeerId) => Pick<Hello, 'listenAddresses'> | undefined
}

/** Of one peer, at once. */
const addressesMax = 3
/** An address that is open answers within a round trip or two; behind most NATs nothing answers at all. */
const dialTimeoutMs = 1_500
const traverseTimeoutMs = 10_000
const failedBackOff = { firstMs: 30_000, maxMs: 3_600_000, flapsMax: 0 } as const

interface Attempts {
  readonly backOff: BackOff
  timer: Timer | undefined
}

export function createPromotion({ ports, helloOf }: PromotionOptions): Promotion {
  const { clock, entropy, network, telemetry } = ports
  const relayed = new Map<PeerId, Attempts>()

  async function dial(peer: PeerInfo): Promise<void> {
    // What its relay can know of the peer's neighbourhood is all that is believed of it.
    const { host } = readDialTarget(peer.address)
    const usable = usableAddresses(helloOf(peer.id)?.listenAddresses ?? [], peer.id, host)
    const direct = usable.filter((address) => !address.includes('/p2p-circuit')).slice(0, addressesMax)
    const named = direct.map((address) => (address.includes('/p2p/') ? address : `${address}/p2p/${peer.id}`))
    await Promise.any(named.map((address) => network.connect(address, { timeoutMs: dialTimeoutMs })))
  }

  async function attempt(peer: PeerInfo): Promise<'direct' | 'webrtc' | 'failed'> {
    try {
      await dial(peer)
      return 'direct'
    } catch {
      // Both sides would else make offers at the same time.
      if (peer.direction === 'inbound') return 'failed'
    }
    try {
      await network.relaying?.traverse(peer.id, traverseTimeoutMs)
      return 'webrtc'
    } catch (error) {
      telemetry.log('debug', 'a relayed peer is not reached directly', { peer: peer.id, error: String(error) })
      return 'failed'
    }
  }

  async function promote(peer: PeerInfo, attempts: Attempts): Promise<void> {
    const outcome = await attempt(peer)
    if (relayed.get(peer.id) !== attempts) return
    telemetry.count('synod_relay_promotions_total', 1, { outcome })
    if (outcome !== 'failed') return
    const pauseMs = attempts.backOff.failed((entropy.bytes(1)[0] ?? 0) / 255)
    attempts.timer = clock.schedule(pauseMs, () => void promote(peer, attempts))
  }

  function settled(peer: PeerId): void {
    relayed.get(peer)?.timer?.cancel()
    relayed.delete(peer)
  }

  return {
    met(peer) {
      settled(peer.id)
      if (!peer.relayed) return
      const attempts: Attempts = { backOff: createBackOff(failedBackOff), timer: undefined }
      relayed.set(peer.id, attempts)
      void promote(peer, attempts)
    },
    settled,
    stop() {
      for (const peer of [...relayed.keys()]) settled(peer)
    },
  }
}
