/**
 * The door stands before libp2p: whoever arrives is numbered and shown to the peer policy before a byte of a handshake is read, its
 * handshake has a deadline, and its end is told exactly once. Limits of our own are a last resort below the policy's, which are smaller.
 */
import type { MessageStreamTimeline } from '@libp2p/interface'
import type { InboundConnection, NetworkHandlers, StrangerFault } from '../../ports/network.ts'
import { nextConnectionId } from './connection-id.ts'
import { hostOf } from './host.ts'

export interface DoorOptions {
  /** Nothing arrives before there are handlers. */
  readonly handlers: () => Pick<NetworkHandlers, 'onInbound' | 'onInboundEnded' | 'onStranger'> | undefined
  /** Connections in their handshake at one time, of each kind of arrival. */
  readonly handshakesMax: number
  /** From its arrival to its encryption. */
  readonly handshakeTimeoutMs: number
}

/** One connection that was let in. */
export interface Arrival extends InboundConnection {
  /** It is encrypted: who is there is known, and the greeting has a deadline of its own. */
  encrypted(): void
  /** Its handshake failed, or nothing was said after it. Only the first fault is told. */
  failed(fault: StrangerFault): void
  /** It is gone. */
  ended(): void
}

/** A datagram's sender may be anybody, and so must not take the places of those who have shown that they are where they say. */
export type ArrivalKind = 'shown' | 'datagram'

export interface Door {
  /** Asks for whoever comes from this IP address. `cut` ends the connection when its handshake takes too long. Undefined: turned away. */
  arrive(address: string, cut: () => void, kind?: ArrivalKind): Arrival | undefined
  /** A connection and the raw stream under it share their timeline, which so leads from one to the other. */
  know(timeline: MessageStreamTimeline, arrival: Arrival): void
  arrivalOf(timeline: MessageStreamTimeline): Arrival | undefined
}

export function createDoor(options: DoorOptions): Door {
  const byTimeline = new WeakMap<MessageStreamTimeline, Arrival>()
  const handshakes: Record<ArrivalKind, number> = { shown: 0, datagram: 0 }

  return {
    arrive(address, cut, kind = 'shown') {
      const handlers = options.handlers()
      if (handlers === undefined || handshakes[kind] >= options.handshakesMax) return undefined
      const connection: InboundConnection = { id: nextConnectionId(), host: hostOf(address) }
      if (handlers.onInbound?.(connection) === 'refuse') return undefined
      let isFaulty = false
      let isOver = false
      let isShaking = true
      handshakes[kind] += 1
      const concludeHandshake = () => {
        if (isShaking) handshakes[kind] -= 1
        isShaking = false
        clearTimeout(deadline)
      }
      const deadline = setTimeout(() => {
        arrival.failed('slow handshake')
        cut()
      }, options.handshakeTimeoutMs)
      const arrival: Arrival = {
        ...connection,
        encrypted: concludeHandshake,
        failed(fault) {
          concludeHandshake()
          if (!isFaulty && !isOver) handlers.onStranger?.(connection, fault)
          isFaulty = true
        },
        ended() {
          if (isShaking) arrival.failed('cut handshake')
          if (!isOver) handlers.onInboundEnded?.(connection)
          isOver = true
        },
      }
      return arrival
    },
    know: (timeline, arrival) => void byTimeline.set(timeline, arrival),
    arrivalOf: (timeline) => byTimeline.get(timeline),
  }
}
