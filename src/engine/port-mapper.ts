import { createBackOff } from '../peers/back-off.ts'
import { reachOf } from '../peers/network-group.ts'
import { type ListeningPort, mappedAddresses, portsToMap } from '../peers/port-plan.ts'
import type { Timer } from '../ports/clock.ts'
import type { FoundGateway, PortMapping } from '../ports/gateway.ts'
import { chanceOf } from './chance.ts'
import type { OwnAddresses } from './own-addresses.ts'
import type { Ports } from './ports.ts'

/**
 * Keeps this node's ports forwarded by its gateway: asks, renews before the lease is over, looks whether what was granted still stands,
 * and takes everything back when the node stops. Without a private address to listen on it asks nobody.
 */
export interface PortMapper {
  status(): PortMappingStatus
  start(): void
  /** This machine stands elsewhere: another gateway is looked for. */
  moved(): void
  /** Resolves when the mappings are gone, or the gateway has had its time. */
  stop(): Promise<void>
}

export interface PortMapperOptions {
  readonly ports: Ports
  readonly ownAddresses: Pick<OwnAddresses, 'offer'>
  /** For how long a port is asked for at a time. */
  readonly leaseSeconds: number
}

/** `double-nat`: the gateway's own address is a private one. `forgetful`: it granted what it then did not know of. */
export type PortMappingStatus = 'off' | 'none' | 'mapped' | 'double-nat' | 'forgetful' | 'refused'

/** A lease is renewed when a third of it is over, so that two renewals may fail, and looked at four times as often: yet not for ever longer. */
const renewedAfter = 3
const looksPerRenewal = 4
const reviewMsMax = 5 * 60_000
/** Where nothing was found, a gateway may come later: soon, if this machine or the gateway is only just starting. */
const searchBackOff = { firstMs: 15_000, maxMs: 15 * 60_000, flapsMax: 0 } as const
/** A mapping is looked at once shortly after it was granted. */
const firstLookMsMax = 10_000
const stopMs = 3000
/** External ports tried when one is taken by another machine. */
const triesMax = 4
/** A mapping that was forgotten so often, one look after the other, is not told to anybody. */
const forgottenMax = 2

interface Held {
  readonly port: ListeningPort
  readonly mapping: PortMapping
  readonly renewAt: number
  forgotten: number
}

export function createPortMapper(options: PortMapperOptions): PortMapper {
  const { ports, ownAddresses, leaseSeconds } = options
  const { clock, entropy, gateway: finder, network, telemetry } = ports
  const chance = chanceOf(entropy)
  const reviewMs = Math.min(reviewMsMax, (leaseSeconds * 1000) / renewedAfter / looksPerRenewal)
  const firstLookMs = Math.min(firstLookMsMax, reviewMs)
  const holdings = createHoldings(ports, leaseSeconds)
  const { held } = holdings
  let gateway: FoundGateway | undefined
  let status: PortMappingStatus = finder ? 'none' : 'off'
  let timer: Timer | undefined
  let current: Promise<void> = Promise.resolve()
  let running = false
  const searches = createBackOff(searchBackOff)

  function later(delayMs: number): void {
    if (running) timer = clock.schedule(delayMs, proceed)
  }

  function proceed(): void {
    current = review().then(later, (error: unknown) => {
      telemetry.log('debug', 'the gateway does not do what it is asked', { error: String(error) })
      gateway = undefined
      tell(held.size > 0 ? 'forgetful' : 'refused', [])
      later(searchLaterMs())
    })
  }

  /** One that forwarded ports and is away is most often just being switched on again. */
  const searchLaterMs = () => (held.size > 0 ? reviewMs : searches.failed(chance()))

  /** @returns when to look again. */
  async function review(): Promise<number> {
    const wanted = portsToMap(network.addresses())
    if (wanted.length === 0) {
      tell('none', [])
      return searchLaterMs()
    }
    gateway ??= await finder?.find()
    if (!gateway || !running) {
      tell('none', [])
      return searchLaterMs()
    }
    const host = await gateway.externalHost()
    let isNew = false
    for (const port of wanted) isNew = (running && (await holdings.keep(gateway, port))) || isNew
    if (host === undefined || reachOf(host) !== 'world') tell('double-nat', [])
    else tell(...told([...held.values()], host))
    if (held.size > 0) searches.succeeded(clock.monotonic())
    return isNew ? firstLookMs : reviewMs
  }

  function tell(now: PortMappingStatus, addresses: readonly string[]): void {
    ownAddresses.offer('mapping', addresses)
    telemetry.gauge('synod_port_mappings', addresses.length)
    if (now !== status) telemetry.log(now === 'mapped' || now === 'none' ? 'info' : 'warn', 'port mapping', { status: now })
    status = now
  }

  async function unmapAll(): Promise<void> {
    await current
    const at = gateway
    if (at) await Promise.allSettled([...held.values()].map(({ mapping }) => at.unmap(mapping)))
  }

  return {
    status: () => status,
    start() {
      if (!finder) return
      running = true
      proceed()
    },
    moved() {
      if (!running) return
      timer?.cancel()
      // The old gateway cannot be asked any more; what it granted ends by itself.
      gateway = undefined
      held.clear()
      void current.then(() => {
        timer?.cancel()
        if (running) proceed()
      })
    },
    async stop() {
      if (!running) return
      running = false
      timer?.cancel()
      // What is being asked for now is to be taken back too.
      if (!gateway) return
      const deadline = Promise.withResolvers<void>()
      const waiting = clock.schedule(stopMs, deadline.resolve)
      await Promise.race([unmapAll(), deadline.promise])
      waiting.cancel()
    },
  }
}

/** What the gateway has granted. */
function createHoldings({ clock, telemetry }: Ports, leaseSeconds: number) {
  const held = new Map<string, Held>()
  const renewMs = (leaseSeconds * 1000) / renewedAfter
  return {
    held,
    /** True when it was mapped anew. */
    async keep(at: FoundGateway, port: ListeningPort): Promise<boolean> {
      const key = `${port.protocol} ${port.port}`
      const before = held.get(key)
      const stands = before !== undefined && (await at.stands(before.mapping))
      if (before && stands) before.forgotten = 0
      if (before && stands && clock.monotonic() < before.renewAt) {
        held.set(key, { ...before, port })
        return false
      }
      if (before && !stands) {
        const { protocol } = port
        telemetry.count('synod_port_mappings_forgotten_total')
        telemetry.log('warn', 'the gateway has forgotten a port mapping that it granted', { protocol, port: port.port })
      }
      const mapping = await request(at, port, leaseSeconds, before?.mapping.externalPort)
      if (!mapping) return false
      const forgotten = before && !stands ? before.forgotten + 1 : 0
      held.set(key, { port, mapping, renewAt: clock.monotonic() + renewMs, forgotten })
      return !stands
    },
  }
}

/** Asks for the port it had, or its own, and for others when somebody else has that. */
async function request(
  at: FoundGateway,
  port: ListeningPort,
  leaseSeconds: number,
  lastPort: number | undefined,
): Promise<PortMapping | undefined> {
  for (let attempt = 0; attempt < triesMax; attempt++) {
    const externalPort = attempt === 0 ? (lastPort ?? port.port) : 1024 + ((port.port + attempt * 9973) % 60_000)
    const mapping = { protocol: port.protocol, internalPort: port.port, externalPort, leaseSeconds }
    if ((await at.map(mapping)) !== 'taken') return mapping
  }
  return undefined
}

/** What others are told of the mappings that stand. */
function told(all: readonly Held[], host: string): [PortMappingStatus, readonly string[]] {
  const sound = all.filter(({ forgotten }) => forgotten < forgottenMax)
  const addresses = sound.flatMap(({ port, mapping }) => mappedAddresses(port, host, mapping.externalPort))
  return [addresses.length > 0 ? 'mapped' : all.length > 0 ? 'forgetful' : 'refused', addresses]
}
