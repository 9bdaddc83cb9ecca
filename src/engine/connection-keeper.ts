import type { ConnectionLimits } from '../peers/connection-limits.ts'
import { createDialPlan, type DialView } from '../peers/dial-plan.ts'
import { type DialTarget, readDialTarget } from '../peers/dial-target.ts'
import { placeOf } from '../peers/network-group.ts'
import type { Timer } from '../ports/clock.ts'
import { answeredByAnother, type PeerId } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { Ports } from './ports.ts'
import type { Reputation } from './reputation.ts'

/** Dials as the dial plan says: the peers of the configuration, and others up to the target, for as long as the node runs. */
export interface ConnectionKeeper {
  start(): void
  /** Addresses of others, heard from `host`. */
  learn(addresses: readonly string[], host: string): void
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
  /** Addresses to keep connections to, whatever the target. */
  readonly peers: readonly string[]
  readonly limits: ConnectionLimits
}

/** More than there are dials under way. */
const creditorsMax = 64

export function createConnectionKeeper(options: ConnectionKeeperOptions): ConnectionKeeper {
  const { limits, peers } = options
  const { clock, entropy, network, telemetry } = options.ports
  const plan = createDialPlan(peers, limits.outboundTarget)
  const configured = new Set(peers)
  const now = () => clock.monotonic()
  const chance = () => {
    const [high = 0, low = 0] = entropy.bytes(2)
    return (high * 256 + low) / 0xffff
  }
  /** Those this node worked for, in vain so far. */
  const creditors = createBoundedMap<PeerId, true>(creditorsMax)
  let timer: Timer | undefined
  let running = false

  function proceed(): void {
    timer?.cancel()
    if (!running) return
    const { dial, wakeAt } = plan.due(viewOf(options), now(), chance)
    for (const address of dial) connect(address)
    timer = wakeAt === undefined ? undefined : clock.schedule(Math.max(0, wakeAt - now()), proceed)
  }

  function connect(address: string): void {
    network.connect(address).then(
      (peer) => {
        plan.connected(address, peer, now())
        creditors.delete(peer)
        // The connection may have ended before we came to hear of it.
        if (!network.peers().some(({ id }) => id === peer)) plan.lost(peer, now(), chance)
        proceed()
      },
      (error: unknown) => {
        const { peer } = readDialTarget(address)
        const isWorthless = answeredByAnother(error) || (peer !== undefined && creditors.delete(peer))
        const failures = plan.failed(address, now(), chance, isWorthless)
        if (running) report(address, failures, error)
        proceed()
      },
    )
  }

  function report(address: string, failures: number | undefined, error: unknown): void {
    if (!configured.has(address)) return telemetry.log('debug', 'a peer that was heard of does not answer', { address })
    telemetry.log(failures === 4 ? 'warn' : 'debug', 'a configured peer does not answer', { address, error: String(error) })
  }

  function learn(addresses: readonly string[], host: string): void {
    if (limits.outboundTarget === 0) return
    plan.learn(addresses, { host, group: placeOf(host).group })
    proceed()
  }

  return {
    start() {
      running = true
      proceed()
    },
    learn,
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

function viewOf({ ports: { network }, reputation, judge }: ConnectionKeeperOptions): DialView {
  const { access, hosts, now } = reputation
  const peers = network.peers()
  const connected = new Set(peers.map(({ id }) => id))
  const own = new Set(network.addresses())
  return {
    outboundGroups: peers.filter(({ direction }) => direction === 'outbound').map(({ host }) => placeOf(host).group),
    isConnected: (peer) => connected.has(peer),
    mayDial({ address, peer, host, site }: DialTarget) {
      if (peer === network.self || own.has(address)) return false
      const rule = (peer === undefined ? undefined : access.ofPeer(peer, now())) ?? access.ofHost(host, now())
      if (rule !== undefined) return rule === 'allow'
      return !hosts.isBanned(site, now()) && (peer === undefined || judge.isWelcome(peer))
    },
  }
}
