/** This node as a relay (docs/spec/network.md, "Relays"): it leads peers to others that asked for it, in bounds, and sees only bytes. */
import type { Stream } from '@libp2p/interface'
import { createRelayBook, type RelayLimits } from '../../peers/relay-book.ts'
import type { PeerId } from '../../ports/network.ts'
import type { RelayUsage } from '../../ports/relaying.ts'
import { type CircuitExchange, createCircuitExchange } from './circuit-exchange.ts'
import {
  type CircuitMessage,
  type CircuitStatus,
  circuitStatus,
  circuitStreamsMax,
  hop,
  stop,
  stopProtocol,
} from './circuit-messages.ts'
import { splice } from './circuit-splice.ts'
import { circuitTimeoutMs } from './limits.ts'
import { multihashOf, peerOfMultihash } from './peer-id.ts'
import type { PeerLink } from './peer-link.ts'

export interface CircuitServer {
  serve(limits: RelayLimits | undefined): void
  /** A peer asks for something. */
  onHop(stream: Stream, from: PeerLink): Promise<void>
  /** A connection to the peer is over: nobody is led there any more. */
  left(peer: PeerId): void
  usage(): RelayUsage
}

/** @param directLink the direct, accepted connection to a peer. */
export function createCircuitServer(directLink: (peer: PeerId) => PeerLink | undefined): CircuitServer {
  const book = createRelayBook()
  let limits: RelayLimits | undefined
  let bytes = 0

  function reserve(exchange: CircuitExchange, from: PeerLink, current: RelayLimits): Promise<void> {
    const { host } = from.info()
    if (!book.reserve(from.peer, host, current, performance.now())) return exchange.refuse(circuitStatus.reservationRefused)
    const expire = Math.floor((Date.now() + current.reservationMs) / 1000)
    const durationS = Math.floor(current.circuitMs / 1000)
    return exchange.write({ type: 'status', status: circuitStatus.ok, expire, durationS })
  }

  /** Asks the other whether it will have the peer. The place is taken meanwhile, so that no flood of questions goes past the limits. */
  async function connect(exchange: CircuitExchange, from: PeerLink, target: PeerId, current: RelayLimits): Promise<void> {
    const link = book.isReserved(target, performance.now()) ? directLink(target) : undefined
    if (link === undefined || target === from.peer) return exchange.refuse(circuitStatus.noReservation)
    const leave = book.enter(from.peer, target, current)
    if (leave === undefined) return exchange.refuse(circuitStatus.resourceLimitExceeded)
    let stream: Stream | undefined
    try {
      const signal = AbortSignal.timeout(circuitTimeoutMs)
      stream = await link.connection.newStream(stopProtocol, { maxOutboundStreams: circuitStreamsMax, signal })
      const asked = createCircuitExchange(stream, stop, signal)
      const durationS = Math.floor(current.circuitMs / 1000)
      await asked.write({ type: 'connect', peer: multihashOf(from.peer), durationS })
      const answer = await asked.read()
      if (answer?.status !== circuitStatus.ok) throw new Error('the peer does not want it')
      await exchange.write({ type: 'status', status: circuitStatus.ok, durationS })
      const onBytes = (count: number) => {
        bytes += count
      }
      const pace = { bytesPerSecond: current.bytesPerSecond, durationMs: current.circuitMs }
      splice(exchange.release(), asked.release(), { ...pace, onBytes, onEnd: leave })
    } catch (error) {
      leave()
      stream?.abort(error as Error)
      await exchange.refuse(circuitStatus.connectionFailed)
    }
  }

  function answer(exchange: CircuitExchange, from: PeerLink, request: CircuitMessage): Promise<void> {
    const refuse = (status: CircuitStatus) => exchange.refuse(status)
    // A connection over two relays would cost each of them what none of its ends pays for.
    if (limits === undefined || from.info().relayed) return refuse(circuitStatus.permissionDenied)
    if (request.type === 'reserve') return reserve(exchange, from, limits)
    const target = request.peer && peerOfMultihash(request.peer)
    if (request.type !== 'connect' || target === undefined) return refuse(circuitStatus.unexpectedMessage)
    return connect(exchange, from, target, limits)
  }

  return {
    serve(next) {
      limits = next
    },
    async onHop(stream, from) {
      const exchange = createCircuitExchange(stream, hop, AbortSignal.timeout(2 * circuitTimeoutMs))
      const request = await exchange.read()
      if (request === undefined) return exchange.refuse(circuitStatus.malformedMessage)
      await answer(exchange, from, request)
    },
    left: (peer) => book.forget(peer),
    usage: () => ({ ...book.usage(performance.now()), bytes }),
  }
}
