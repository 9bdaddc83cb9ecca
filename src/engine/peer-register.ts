import { placeOf } from '../peers/network-group.ts'
import type { GoodDeed } from '../peers/peer-ledger.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerId, PeerInfo } from '../ports/network.ts'
import type { Ports } from './ports.ts'
import { accessOf, type Reputation } from './reputation.ts'

/** Who is connected, and what good came of it. */
export interface PeerRegister {
  meet(peer: PeerInfo): void
  part(peer: PeerId): void
  of(peer: PeerId): PeerInfo | undefined
  praise(peer: PeerId, deed: GoodDeed): void
  /** When the peer last brought something new, on the clock of reputation. */
  usefulness(peer: PeerId): Usefulness
  /**
   * An address that the operator allows is never closed, nor one from which somebody with a good name is connected: many may stand
   * behind one address, and an attacker must not be able to have its neighbours shut out.
   */
  spares(site: string): boolean
  /** Time spent together earns a little, minute by minute. */
  start(): void
  stop(): void
}

export interface Usefulness {
  readonly batchUsefulAt: number | undefined
  readonly blockServedAt: number | undefined
}

const minuteMs = 60_000
const never: Usefulness = { batchUsefulAt: undefined, blockServedAt: undefined }

export function createPeerRegister(options: { ports: Ports; reputation: Reputation }): PeerRegister {
  const { reputation } = options
  const { clock } = options.ports
  const { access, ledger, now } = reputation
  const connected = new Map<PeerId, PeerInfo>()
  const useful = new Map<PeerId, Usefulness>()
  let timer: Timer | undefined

  function praise(peer: PeerId, deed: GoodDeed): void {
    ledger.reward(peer, deed, now())
    if (!connected.has(peer)) return
    const before = useful.get(peer) ?? never
    if (deed === 'batch-useful') useful.set(peer, { ...before, batchUsefulAt: now() })
    else if (deed === 'block-served') useful.set(peer, { ...before, blockServedAt: now() })
  }

  function tick(): void {
    for (const peer of connected.keys()) praise(peer, 'minute-connected')
    if (connected.size > 0) reputation.changed()
    timer = clock.schedule(minuteMs, tick)
  }

  return {
    meet: (peer) => void connected.set(peer.id, peer),
    part(peer) {
      connected.delete(peer)
      useful.delete(peer)
    },
    of: (peer) => connected.get(peer),
    praise,
    usefulness: (peer) => useful.get(peer) ?? never,
    spares(site) {
      const [network = ''] = site.split('/')
      if (access.ofHost(network, now()) === 'allow') return true
      for (const { id, host } of connected.values()) {
        if (placeOf(host).site !== site) continue
        if (accessOf(reputation, id, host) === 'allow' || ledger.score(id, now()) > 0) return true
      }
      return false
    },
    start() {
      timer = clock.schedule(minuteMs, tick)
    },
    stop: () => timer?.cancel(),
  }
}
