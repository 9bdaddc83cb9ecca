import type { NatReport } from '../peers/nat-behaviour.ts'
import { placeOf } from '../peers/network-group.ts'
import { createObservedHosts } from '../peers/observed-hosts.ts'
import type { Timer } from '../ports/clock.ts'
import type { GreetedConnection } from '../ports/network.ts'
import type { NatReports } from '../ports/stun.ts'
import type { Handshake } from './handshake.ts'
import type { OwnAddresses } from './own-addresses.ts'
import { createPortMapper, type PortMappingStatus } from './port-mapper.ts'
import type { Ports } from './ports.ts'
import { createReachProber, type ReachProber } from './reach-prober.ts'
import { createReachServer, type ReachServer } from './reach-server.ts'

/** Finds out where this node can be reached, by everybody who may know: STUN servers, the peers it dialled, and peers that try it. */
export interface ReachabilityDesk {
  readonly server: ReachServer
  readonly onDialBack: ReachProber['onDialBack']
  /** A peer that this node dialled says at which address it sees it. */
  onObserved(observer: GreetedConnection, host: string): void
  /** What STUN servers said last. */
  nat(): NatReports | undefined
  portMapping(): PortMappingStatus
  start(): void
  /** Resolves when the gateway has taken its mappings back, or had its time. */
  stop(): Promise<void>
}

/** A network that this machine has moved into is noticed no sooner. */
const exploreMs = 20 * 60_000
const reportMs = 15_000

export function createReachabilityDesk(options: {
  ports: Ports
  ownAddresses: OwnAddresses
  /** Whether to have addresses tried, and to try others'. */
  autonat: boolean
  portLeaseSeconds: number
  handshake: () => Pick<Handshake, 'dialBack' | 'of'>
}): ReachabilityDesk {
  const { ports, ownAddresses, autonat: enabled, portLeaseSeconds: leaseSeconds, handshake } = options
  const { clock, stun, telemetry } = ports
  const server = createReachServer({ ports, enabled, handshake: { dialBack: (nonce) => handshake().dialBack(nonce) } })
  const prober = createReachProber({ ports, ownAddresses, enabled, helloOf: (peer) => handshake().of(peer) })
  const mapper = createPortMapper({ ports, ownAddresses, leaseSeconds })
  let observed = createObservedHosts()
  const timers = new Map<() => void, Timer>()
  let latest: NatReports | undefined
  let running = false

  function every(delayMs: number, work: () => void): void {
    if (!running) return
    timers.set(
      work,
      clock.schedule(delayMs, () => every(delayMs, work)),
    )
    work()
  }

  async function explore(): Promise<void> {
    latest = await stun?.explore()
    if (!running || !latest) return
    ownAddresses.offerHosts('stun', [latest.ipv4, latest.ipv6].flatMap(hostOf))
    for (const [family, report] of Object.entries(latest) as [string, NatReport][]) {
      const { type, mapping, filtering, answered, contradicting } = report
      telemetry.log('info', 'STUN servers answered', { family, type, mapping, filtering, answered, contradicting })
    }
  }

  function report(): void {
    telemetry.gauge('synod_reachability', { public: 1, private: 0, unknown: -1 }[ownAddresses.reachability()])
    const all = ownAddresses.candidates()
    for (const standing of ['confirmed', 'unconfirmed', 'failed'] as const) {
      telemetry.gauge('synod_own_addresses', all.filter((each) => each.standing === standing).length, { standing })
    }
  }

  ownAddresses.onMoved(() => {
    observed = createObservedHosts()
    latest = undefined
    if (!running) return
    mapper.moved()
    if (stun) void explore()
  })

  return {
    server,
    onDialBack: prober.onDialBack,
    onObserved({ host: observer }, host) {
      if (!observed.observed(placeOf(observer).group, host, clock.monotonic())) return
      ownAddresses.offerHosts('observed', observed.believed(clock.monotonic()))
    },
    nat: () => latest,
    portMapping: mapper.status,
    start() {
      running = true
      prober.start()
      mapper.start()
      if (stun) every(exploreMs, () => void explore())
      if (enabled) every(reportMs, report)
    },
    async stop() {
      running = false
      prober.stop()
      for (const timer of timers.values()) timer.cancel()
      await mapper.stop()
    },
  }
}

/** One server's word is a guess too: all candidates are, until they are tried. */
const hostOf = (report: NatReport | undefined): readonly string[] => (report?.publicHost ? [report.publicHost] : [])
