/**
 * The ends of relayed connections (docs/spec/network.md, "Relays"): asking a relay to lead others here, being led to, and leading oneself
 * to another. What crosses the relay is a connection like any other: it comes through the door, is encrypted, and says hello.
 */
import type { ComponentLogger, Connection, Stream, Transport, Upgrader } from '@libp2p/interface'
import { transportSymbol } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { relayHost } from '../../peers/network-group.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Reservation } from '../../ports/relaying.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { CircuitConnection } from './circuit-connection.ts'
import { type CircuitExchange, createCircuitExchange } from './circuit-exchange.ts'
import { type CircuitStatus, circuitStatus, circuitStreamsMax, hop, hopProtocol, stop } from './circuit-messages.ts'
import { messageOf } from './direct-channels.ts'
import type { Door } from './door.ts'
import { circuitTimeoutMs, reservationMsMax, reservationMsMin } from './limits.ts'
import { multihashOf, peerOfMultihash } from './peer-id.ts'
import type { PeerLink } from './peer-link.ts'

export interface CircuitClientOptions {
  readonly self: PeerId
  readonly door: Door
  readonly upgrader: Upgrader
  readonly logger: ComponentLogger
  /** The direct, accepted connection to a peer. */
  readonly directLink: (peer: PeerId) => PeerLink | undefined
  /** Connects to a relay, and resolves once it is accepted. */
  readonly connect: (address: string) => Promise<PeerId>
}

export interface CircuitClient {
  /** Dials addresses that lead through a relay. */
  readonly transport: Transport
  /** A relay brings somebody. */
  onStop(stream: Stream, relay: PeerLink): Promise<void>
  reserve(relay: PeerId, at: readonly string[]): Promise<Reservation>
  release(relay: PeerId): void
  /** Where others reach this node through its relays. */
  addresses(): readonly string[]
}

interface Held {
  readonly at: readonly string[]
  /** On the clock of `performance`. */
  readonly until: number
  /** It holds as long as the connection over which it was made. */
  readonly connection: Connection
}

export function createCircuitClient(options: CircuitClientOptions): CircuitClient {
  const { self, door, upgrader, logger, directLink } = options
  const held = new Map<PeerId, Held>()
  const log = logger.forComponent('synod:circuit')

  function heldAt(relay: PeerId): Held | undefined {
    const one = held.get(relay)
    if (one === undefined || (one.until > performance.now() && one.connection.status === 'open')) return one
    held.delete(relay)
    return undefined
  }

  async function reserve(relay: PeerId, at: readonly string[]): Promise<Reservation> {
    const link = directLink(relay)
    if (link === undefined) throw refused(relay, 'it is not connected directly')
    try {
      const stream = await link.connection.newStream(hopProtocol, { maxOutboundStreams: circuitStreamsMax })
      const exchange = createCircuitExchange(stream, hop, AbortSignal.timeout(circuitTimeoutMs))
      const answer = await ask(exchange, stream, { type: 'reserve' })
      const forMs = (answer.expire ?? 0) * 1000 - Date.now()
      void stream.close().catch(() => undefined)
      if (forMs < reservationMsMin) throw new Error('it is over before it begins')
      const bounded = Math.min(forMs, reservationMsMax)
      held.set(relay, { at, until: performance.now() + bounded, connection: link.connection })
      return { forMs: bounded }
    } catch (cause) {
      held.delete(relay)
      throw refused(relay, messageOf(cause), cause)
    }
  }

  /** Whoever comes is asked for at the door as if it had come by itself, and has the deadlines of all who arrive. */
  async function receive(exchange: CircuitExchange, relay: PeerLink, from: PeerId): Promise<void> {
    let raw: CircuitConnection | undefined
    const arrival = door.arrive(relayHost(relay.peer), () => raw?.abort(new Error('the handshake took too long')))
    if (arrival === undefined) return exchange.refuse(circuitStatus.resourceLimitExceeded)
    try {
      await exchange.write({ type: 'status', status: circuitStatus.ok })
      const remoteAddr = relay.connection.remoteAddr.encapsulate(`/p2p-circuit/p2p/${from}`)
      raw = new CircuitConnection(exchange.release(), { remoteAddr, direction: 'inbound', log })
      raw.addEventListener('close', arrival.ended, { once: true })
      door.know(raw.timeline, arrival)
      await upgrader.upgradeInbound(raw, { signal: AbortSignal.timeout(circuitTimeoutMs) })
      arrival.encrypted()
    } catch (error) {
      // It went wrong in the hands of two, and only the relay is known here.
      raw?.abort(error as Error)
      arrival.ended()
    }
  }

  return {
    transport: createTransport(options, log),
    reserve,
    release: (relay) => void held.delete(relay),
    addresses() {
      const live = [...held.keys()].flatMap((relay) => heldAt(relay)?.at.map((address) => throughRelay(address, relay)) ?? [])
      return live.map((address) => `${address}/p2p-circuit/p2p/${self}`)
    },
    async onStop(stream, relay) {
      const exchange = createCircuitExchange(stream, stop, AbortSignal.timeout(circuitTimeoutMs))
      const request = await exchange.read()
      const from = request?.peer && peerOfMultihash(request.peer)
      if (request?.type !== 'connect' || from === undefined) return exchange.refuse(circuitStatus.malformedMessage)
      if (heldAt(relay.peer) === undefined || from === self) return exchange.refuse(circuitStatus.permissionDenied)
      await receive(exchange, relay, from)
    },
  }
}

function createTransport(options: CircuitClientOptions, log: ReturnType<ComponentLogger['forComponent']>): Transport {
  async function lead(address: Multiaddr, relay: PeerId, target: PeerId, signal: AbortSignal): Promise<CircuitConnection> {
    if (options.directLink(relay) === undefined) await options.connect(address.toString().replace(/\/p2p-circuit.*$/, ''))
    const link = options.directLink(relay)
    if (link === undefined) throw new Error('the relay is not connected directly')
    const stream = await link.connection.newStream(hopProtocol, { maxOutboundStreams: circuitStreamsMax, signal })
    const exchange = createCircuitExchange(stream, hop, signal)
    await ask(exchange, stream, { type: 'connect', peer: multihashOf(target) })
    return new CircuitConnection(exchange.release(), { remoteAddr: address, direction: 'outbound', log })
  }

  return {
    [transportSymbol]: true,
    [Symbol.toStringTag]: '@synod/circuit',
    async dial(address, dialOptions) {
      const { relay, target } = endsOf(address) ?? {}
      if (relay === undefined || target === undefined) throw new Error('the address names no relay or no peer')
      const { signal = AbortSignal.timeout(circuitTimeoutMs) } = dialOptions
      const raw = await lead(address, relay, target, signal)
      try {
        return await dialOptions.upgrader.upgradeOutbound(raw, { ...dialOptions, signal })
      } catch (error) {
        raw.abort(error as Error)
        throw error
      }
    },
    createListener() {
      throw new Error('who is led here comes over the connection to the relay')
    },
    listenFilter: () => [],
    dialFilter: (addresses) => addresses.filter((address) => endsOf(address) !== undefined),
  }
}

/** Asks, and throws the reason when the answer is not yes. */
async function ask(exchange: CircuitExchange, stream: Stream, request: Parameters<CircuitExchange['write']>[0]) {
  try {
    await exchange.write(request)
    const answer = await exchange.read()
    if (answer?.type !== 'status') throw new Error('the relay does not answer as one')
    if (answer.status !== circuitStatus.ok) throw new Error(`the relay refused: ${nameOf(answer.status)}`)
    return answer
  } catch (error) {
    stream.abort(error as Error)
    throw error
  }
}

/** Of an address that leads to one peer through one relay, whatever transport leads to the relay. */
function endsOf(address: Multiaddr): { relay: PeerId; target: PeerId } | undefined {
  const components = address.getComponents()
  const at = components.findIndex(({ name }) => name === 'p2p-circuit')
  const [before, after] = [components[at - 1], components[at + 1]]
  if (at < 1 || before?.name !== 'p2p' || after?.name !== 'p2p' || components.length !== at + 2) return undefined
  return before.value && after.value ? { relay: before.value, target: after.value } : undefined
}

function throughRelay(address: string, relay: PeerId): string {
  const named = multiaddr(address).getComponents().at(-1)?.name === 'p2p'
  return named ? address : `${address}/p2p/${relay}`
}

function nameOf(status: number | undefined): string {
  const known = Object.entries(circuitStatus) as readonly (readonly [string, CircuitStatus])[]
  return known.find(([, code]) => code === status)?.[0] ?? 'for no known reason'
}

function refused(relay: PeerId, reason: string, cause?: unknown): OperationalError {
  return new OperationalError('RELAY_REFUSED', `${relay} relays nothing to this node: ${reason}`, { where: relay, cause })
}
