/**
 * What is said to a relay and by one, after libp2p's circuit relay, version 2: a peer asks it to be led to (*reserve*) or to lead it to
 * another (*connect*) over `hop`, and it asks the other over `stop`. Each is one request and one answer; then the stream is the connection.
 */
import type { Bytes } from '../../primitives/bytes.ts'
import { decodeProtobuf, encodeProtobuf, type ProtobufField } from './protobuf.ts'

export const hopProtocol = '/libp2p/circuit/relay/0.2.0/hop'
export const stopProtocol = '/libp2p/circuit/relay/0.2.0/stop'

/** Streams of each of the two that one connection may have: more are connections than a relay leads for one peer. */
export const circuitStreamsMax = 24

/** Most bytes of one message: the longest that other makes send holds a relay's addresses and a signed voucher. */
export const circuitMessageBytesMax = 4096

export const circuitStatus = {
  ok: 100,
  reservationRefused: 200,
  resourceLimitExceeded: 201,
  permissionDenied: 202,
  connectionFailed: 203,
  noReservation: 204,
  malformedMessage: 400,
  unexpectedMessage: 401,
} as const
export type CircuitStatus = (typeof circuitStatus)[keyof typeof circuitStatus]

export interface CircuitMessage {
  readonly type: 'reserve' | 'connect' | 'status'
  /** Who is to be reached, or who comes: the multihash of its id. */
  readonly peer?: Bytes
  readonly status?: number
  /** When a reservation ends, Unix seconds. */
  readonly expire?: number
  /** How long the connection may last, seconds; 0 or absent: it says nothing. */
  readonly durationS?: number
}

/** The two protocols number the same things differently. */
export interface CircuitDialect {
  readonly types: readonly CircuitMessage['type'][]
  readonly limit: number
  readonly status: number
}
export const hop: CircuitDialect = { types: ['reserve', 'connect', 'status'], limit: 4, status: 5 }
export const stop: CircuitDialect = { types: ['connect', 'status'], limit: 3, status: 4 }

const field = { type: 1, peer: 2, reservation: 3, id: 1, expire: 1, duration: 1 } as const

export function encodeCircuitMessage(dialect: CircuitDialect, message: CircuitMessage): Bytes {
  const { type, peer, status, expire, durationS } = message
  const fields: ProtobufField[] = [[field.type, dialect.types.indexOf(type)]]
  if (peer) fields.push([field.peer, encodeProtobuf([[field.id, peer]])])
  if (expire !== undefined) fields.push([field.reservation, encodeProtobuf([[field.expire, expire]])])
  if (durationS) fields.push([dialect.limit, encodeProtobuf([[field.duration, durationS]])])
  if (status !== undefined) fields.push([dialect.status, status])
  return encodeProtobuf(fields)
}

/** Undefined when it is malformed. */
export function decodeCircuitMessage(dialect: CircuitDialect, bytes: Bytes): CircuitMessage | undefined {
  const fields = decodeProtobuf(bytes)
  const type = dialect.types[fields?.number(field.type) ?? -1]
  if (!fields || type === undefined) return undefined
  const [peer, reservation] = [fields.bytes(field.peer), fields.bytes(field.reservation)]
  const inPeer = peer && decodeProtobuf(peer)
  const inReservation = reservation && decodeProtobuf(reservation)
  const id = inPeer?.bytes(field.id)
  const expire = inReservation?.number(field.expire)
  const status = fields.number(dialect.status)
  if ((peer && id === undefined) || (reservation && expire === undefined)) return undefined
  return {
    type,
    ...(id && { peer: id.slice() }),
    ...(expire !== undefined && { expire }),
    ...(status !== undefined && { status }),
  }
}
