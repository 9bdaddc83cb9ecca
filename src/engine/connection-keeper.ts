import type { AddressRank } from '../peers/address-order.ts'
import type { ConnectionLimits } from '../peers/connection-limits.ts'
import { createDialPlan, type Dial, type DialView } from '../peers/dial-plan.ts'
import { readDialTarget } from '../peers/dial-target.ts'
import { placeOf, realmOf } from '../peers/network-group.ts'
import type { Timer } from '../ports/clock.ts'
import { answeredByAnother, type PeerId } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { chanceOf } from './chance.ts'
import type { KeptAddressBook } from './kept-address-book.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { Ports } from './ports.ts'
import { mayDial, type Reputation } from './reputation.ts'

/** Dials as the dial plan says: the peers of the configuration, and of the book up to the target, for as long as the node runs. */
export interface ConnectionKeeper {
  start(): void
  /** The book has changed: there may be somebody to dial. */
  look(): void
  /** This node worked for a peer, which has yet to let it in. */
  worked(peer: PeerId): void
  /** A connection ended: its address is due again. */
  lost(peer: PeerId): void
  stop(): void
}

export interface ConnectionKeeperOptions {
  readonly ports: Ports
  readonly reputation: Reputation
  readonly judge: Pick<PeerJudge, 'isWelcome'>
  readonly addressBook: Pick<KeptAddressBook, 'book' | 'anchors' | 'changed'>
  /** Addresses to keep connections to, whatever the target. */
  readonly peers: readonly string[]
  readonly limits: ConnectionLimits
  /** Which address of a peer that has several goes first; chance decides unless given. */
  readonly rankOf?: AddressRank
}

/** More than there are dials under way. */
const creditorsMax = 64

export function createConnectionKeeper(options: ConnectionKeeperOptions): ConnectionKeeper {
  const { limits, peers, addressBook } = options
  const { clock, entropy, network, telemetry } = options.ports
  const { outboundTarget } = limits
  const plan = createDialPlan({ ...addressBook, configured: peers, outboundTarget })
  const now = () => clock.monotonic()
  const chance = chanceOf(entropy)
  /** Those this node worked for, in vain so far. */
  const creditors = createBoundedMap<PeerId, true>(creditorsMax)
  let timer: Timer | undefined
  let running = false

  function proceed(): void {
    timer?.cancel()
    if (!running) return
    const { dial, wakeAt } = plan.due(viewOf(options), now(), chance)
    for (const each of dial) connect(each)
    timer = wakeAt === undefined ? undefined : clock.schedule(Math.max(0, wakeAt - now()), proceed)
  }

  function connect({ address, purpose }: Dial): void {
    const begunAt = clock.now()
    network.connect(address).then(
      (peer) => {
        telemetry.count('synod_dials_total', 1, { purpose, result: 'connected' })
        plan.connected(address, peer, now())
        creditors.delete(peer)
        addressBook.changed()
        if (purpose === 'feeler') retract(peer, begunAt)
        // The connection may have ended before we came to hear of it.
        if (!network.peers().some(({ id }) => id === peer)) plan.lost(peer, now(), chance)
        proceed()
      },
      (error: unknown) => {
        telemetry.count('synod_dials_total', 1, { purpose, result: 'failed' })
        const { peer } = readDialTarget(address)
        const isWorthless = answeredByAnother(error) || (peer !== undefined && creditors.delete(peer))
        const failures = plan.failed(address, now(), chance, isWorthless)
        addressBook.changed()
        if (running) report({ address, purpose }, failures, error)
        proceed()
      },
    )
  }

  /** The feeler's address is true, which is all that was to be known; unless the connection is of use, or came about in another way. */
  function retract(peer: PeerId, begunAt: number): void {
    const outbound = network.peers().filter(({ direction }) => direction === 'outbound')
    const its = outbound.find(({ id }) => id === peer)
    if (its && its.connectedAt >= begunAt && outbound.length > outboundTarget) network.disconnect(peer, 'only tried the address')
  }

  function report({ address, purpose }: Dial, failures: number | undefined, error: unknown): void {
    if (purpose !== 'configured') return telemetry.log('debug', 'a peer that was heard of does not answer', { address })
    telemetry.log(failures === 4 ? 'warn' : 'debug', 'a configured peer does not answer', { address, error: String(error) })
  }

  return {
    start() {
      running = true
      proceed()
    },
    look: proceed,
    worked: (peer) => void creditors.set(peer, true),
    lost(peer) {
      plan.lost(peer, now(), chance)
      proceed()
    },
    stop() {
      running = false
      timer?.cancel()
    },
  }
}

function viewOf({ ports: { network }, reputation, judge, rankOf }: ConnectionKeeperOptions): DialView {
  const peers = network.peers()
  const connected = new Set(peers.map(({ id }) => id))
  const own = new Set(network.addresses())
  return {
    outbound: peers
      .filter(({ direction }) => direction === 'outbound')
      .map(({ host }) => ({ group: placeOf(host).group, realm: realmOf(host) })),
    isConnected: (peer) => connected.has(peer),
    ...(rankOf && { rankOf }),
    mayDial(target) {
      const { address, peer } = target
      if (peer === network.self || own.has(address)) return false
      return mayDial(reputation, target, peer === undefined || judge.isWelcome(peer))
    },
  }
}
