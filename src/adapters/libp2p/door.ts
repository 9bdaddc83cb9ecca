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
  /** It owes a proof. */
  owes(): void
  /** The greeting is over, or this side ends it: whatever ends the connection now is no fault. */
  excused(): void
  /** Its handshake failed, or nothing was said after it. Only the first fault is told. */
  failed(fault: StrangerFault): void
  /** It is gone. */
  ended(): void
}

/** A datagram's sender may be anybody, and so must not take the places of those who have shown that they are where they say. */
export type ArrivalKind = NonNullable<InboundConnection['kind']>

/** Longer than it takes an honest peer to find that it does not need the connection, and shorter than is worth holding a place for. */
const silenceMs = 1000

export interface Door {
  /** Asks for whoever comes from this IP address. `cut` ends the connection when its handshake takes too long. Undefined: turned away. */
  arrive(address: string, cut: () => void, kind?: ArrivalKind): Arrival | undefined
  /** A connection and the raw stream under it share their timeline, which so leads from one to the other. */
  know(timeline: MessageStreamTimeline, arrival: Arrival): void
  arrivalOf(timeline: MessageStreamTimeline): Arrival | undefined
  /** Ends what came through the door, if it is still there. */
  cut(id: number): void
}

export function createDoor(options: DoorOptions): Door {
  const byTimeline = new WeakMap<MessageStreamTimeline, Arrival>()
  /** How to end each of those that are there. */
  const cuts = new Map<number, () => void>()
  const handshakes: Record<ArrivalKind, number> = { stream: 0, datagram: 0 }

  return {
    arrive(address, cut, kind = 'stream') {
      const handlers = options.handlers()
      if (handlers === undefined || handshakes[kind] >= options.handshakesMax) return undefined
      const at = { id: nextConnectionId(), host: hostOf(address) }
      const connection: InboundConnection = kind === 'stream' ? at : { ...at, kind }
      if (handlers.onInbound?.(connection) === 'refuse') return undefined
      let isFaulty = false
      let isOver = false
      let isShaking = true
      /** What is waited for, and since when. */
      let owed: { readonly fault: StrangerFault; readonly since: number } | undefined
      let isExcused = false
      const waitFor = (fault: StrangerFault) => {
        owed = { fault, since: performance.now() }
      }
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
        encrypted() {
          if (isShaking) waitFor('no hello')
          concludeHandshake()
        },
        owes: () => waitFor('no proof'),
        excused() {
          isExcused = true
        },
        failed(fault) {
          concludeHandshake()
          if (!isFaulty && !isOver) handlers.onStranger?.(connection, fault)
          isFaulty = true
        },
        ended() {
          if (isShaking) arrival.failed('cut handshake')
          else if (owed && !isExcused && performance.now() - owed.since > silenceMs) arrival.failed(owed.fault)
          if (!isOver) handlers.onInboundEnded?.(connection)
          isOver = true
          cuts.delete(connection.id)
        },
      }
      cuts.set(connection.id, () => {
        isFaulty = true // Told of none, that is.
        concludeHandshake()
        cut()
      })
      return arrival
    },
    know: (timeline, arrival) => void byTimeline.set(timeline, arrival),
    cut: (id) => cuts.get(id)?.(),
    arrivalOf: (timeline) => byTimeline.get(timeline),
  }
}
