import { crc32 } from 'node:zlib'
import type { Endpoint } from '../../peers/nat-behaviour.ts'
import { formatBlock, parseIp } from '../../peers/network-group.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'

/**
 * The Binding messages of STUN (RFC 5389), with the attributes of RFC 5780 that find out how a NAT behaves. There is no
 * authentication: whoever sees the transaction's id on its way can answer.
 */
export interface StunMessage {
  readonly kind: 'request' | 'indication' | 'success' | 'error'
  /** 12 unpredictable bytes. */
  readonly transactionId: Bytes
  /** XOR-MAPPED-ADDRESS, or the MAPPED-ADDRESS of old servers: where the request came from. */
  readonly mapped?: Endpoint
  /** Where the answer was sent from. */
  readonly origin?: Endpoint
  /** The server's second address and port, or the CHANGED-ADDRESS of old ones. */
  readonly other?: Endpoint
  /** Asks for an answer from the second address, the second port, or both. */
  readonly change?: { readonly address: boolean; readonly port: boolean }
  readonly errorCode?: number
}

/** A STUN message over UDP stays below this, whatever the path carries (RFC 5389, 7.1); a few servers add long names. */
export const stunBytesMax = 1500
export const transactionIdBytes = 12

const headerBytes = 20
const cookie = 0x2112_a442
const binding = 0x0001
const fingerprintMask = 0x5354_554e
const classBits = { request: 0x0000, indication: 0x0010, success: 0x0100, error: 0x0110 } as const
const kinds = Object.keys(classBits) as readonly StunMessage['kind'][]

const attribute = {
  mapped: 0x0001,
  change: 0x0003,
  changed: 0x0005,
  errorCode: 0x0009,
  xorMapped: 0x0020,
  fingerprint: 0x8028,
  origin: 0x802b,
  other: 0x802c,
} as const

/** Types at and above this may be ignored by who does not know them. */
const optionalFrom = 0x8000
/** Required ones that say nothing of interest in an answer without authentication: SOURCE-ADDRESS, MESSAGE-INTEGRITY, PADDING, and so on. */
const passedOver = new Set([0x0004, 0x0006, 0x0008, 0x000a, 0x0014, 0x0015, 0x0026, 0x0027])

/** Ends with a FINGERPRINT. */
export function encodeStun(message: StunMessage): Bytes {
  const { transactionId, mapped, origin, other, change, errorCode } = message
  assert(transactionId.length === transactionIdBytes, 'a transaction id has 12 bytes')
  const attributes: (readonly [number, Bytes])[] = []
  if (change) attributes.push([attribute.change, Uint8Array.of(0, 0, 0, (change.address ? 4 : 0) | (change.port ? 2 : 0))])
  if (mapped) attributes.push([attribute.xorMapped, exclusive(addressValue(mapped), transactionId)])
  if (origin) attributes.push([attribute.origin, addressValue(origin)])
  if (other) attributes.push([attribute.other, addressValue(other)])
  if (errorCode !== undefined) {
    attributes.push([attribute.errorCode, Uint8Array.of(0, 0, Math.floor(errorCode / 100), errorCode % 100)])
  }
  const length = attributes.reduce((sum, [, value]) => sum + 4 + value.length, 0) + 8
  const bytes = new Uint8Array(headerBytes + length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, classBits[message.kind] | binding)
  view.setUint16(2, length)
  view.setUint32(4, cookie)
  bytes.set(transactionId, 8)
  let offset = headerBytes
  for (const [type, value] of attributes) {
    view.setUint16(offset, type)
    view.setUint16(offset + 2, value.length)
    bytes.set(value, offset + 4)
    offset += 4 + value.length
  }
  view.setUint16(offset, attribute.fingerprint)
  view.setUint16(offset + 2, 4)
  view.setUint32(offset + 4, (crc32(bytes.subarray(0, offset)) ^ fingerprintMask) >>> 0)
  return bytes
}

/** Refuses what is no Binding message, or holds what must be understood and is not: STUN_MALFORMED. Of an attribute twice, the first counts. */
export function decodeStun(bytes: Bytes): Result<StunMessage> {
  if (bytes.length < headerBytes || bytes.length > stunBytesMax) return malformed('length')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const type = view.getUint16(0)
  const kind = kinds.find((name) => (classBits[name] | binding) === type)
  if (kind === undefined || view.getUint32(4) !== cookie) return malformed('header')
  if (view.getUint16(2) !== bytes.length - headerBytes || bytes.length % 4 !== 0) return malformed('length')
  const transactionId = bytes.slice(8, headerBytes)
  const values = readAttributes(bytes, view)
  if (values === undefined) return malformed('attributes')
  for (const known of values.keys()) {
    if (known < optionalFrom && !passedOver.has(known) && !readTypes.has(known)) return malformed('an unknown attribute')
  }
  const read = (of: number) => readAddress(values.get(of))
  const xorMapped = values.get(attribute.xorMapped)
  const mapped = xorMapped ? readAddress(exclusive(xorMapped, transactionId)) : read(attribute.mapped)
  const origin = read(attribute.origin)
  const other = read(attribute.other) ?? read(attribute.changed)
  const change = values.get(attribute.change)
  const errorCode = readErrorCode(values.get(attribute.errorCode))
  if (errorCode === 'malformed') return malformed('an error code')
  return ok({
    kind,
    transactionId,
    ...(mapped && { mapped }),
    ...(origin && { origin }),
    ...(other && { other }),
    ...(change?.length === 4 && { change: { address: ((change[3] as number) & 4) > 0, port: ((change[3] as number) & 2) > 0 } }),
    ...(errorCode !== undefined && { errorCode }),
  })
}

const readTypes: ReadonlySet<number> = new Set(Object.values(attribute))

function malformed(detail: string) {
  return reject('STUN_MALFORMED', detail)
}

/** By type; `undefined` when they do not fill the message exactly, or the fingerprint does not fit. */
function readAttributes(bytes: Bytes, view: DataView): ReadonlyMap<number, Bytes> | undefined {
  const values = new Map<number, Bytes>()
  let offset = headerBytes
  while (offset < bytes.length) {
    const type = view.getUint16(offset)
    const length = view.getUint16(offset + 2)
    const next = offset + 4 + length + (-length & 3)
    if (next > bytes.length) return undefined
    if (type === attribute.fingerprint) {
      const expected = (crc32(bytes.subarray(0, offset)) ^ fingerprintMask) >>> 0
      return length === 4 && next === bytes.length && view.getUint32(offset + 4) === expected ? values : undefined
    }
    if (!values.has(type)) values.set(type, bytes.subarray(offset + 4, offset + 4 + length))
    offset = next
  }
  return values
}

/** A reserved byte, the family, the port, the address. */
function addressValue({ host, port }: Endpoint): Bytes {
  const address = parseIp(host)
  assert(address, 'an endpoint has an IP address')
  return Uint8Array.of(0, address.length === 4 ? 1 : 2, port >> 8, port & 0xff, ...address)
}

function readAddress(value: Bytes | undefined): Endpoint | undefined {
  if (value === undefined || value.length !== (value[1] === 1 ? 8 : value[1] === 2 ? 20 : -1)) return undefined
  const address = value.slice(4)
  const port = ((value[2] as number) << 8) | (value[3] as number)
  if (port === 0 || address.every((byte) => byte === 0)) return undefined
  return { host: formatBlock({ network: address, bits: address.length * 8 }), port }
}

/** A class of 3 to 6 and a number below 100, and words (RFC 5389, 15.6). */
function readErrorCode(value: Bytes | undefined): number | 'malformed' | undefined {
  if (value === undefined) return undefined
  const [hundreds, units] = [(value[2] ?? 0) & 7, value[3] ?? 100]
  return hundreds < 3 || hundreds > 6 || units > 99 ? 'malformed' : hundreds * 100 + units
}

/** Port and address against the cookie and, for IPv6, the transaction's id: so that no translator finds and rewrites them. */
function exclusive(value: Bytes, transactionId: Bytes): Bytes {
  const key = Uint8Array.of(0x21, 0x12, 0xa4, 0x42, ...transactionId)
  return value.map((byte, index) => (index < 2 ? byte : byte ^ (key[index < 4 ? index - 2 : index - 4] ?? 0)))
}
