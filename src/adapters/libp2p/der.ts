/** As much of DER (ITU-T X.690) as a libp2p certificate needs: definite lengths, one-byte tags. */
import { type Bytes, concatBytes, utf8 } from '../../primitives/bytes.ts'

export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  generalizedTime: 0x18,
  utcTime: 0x17,
  sequence: 0x30,
  context0: 0xa0,
  context3: 0xa3,
} as const

export interface DerElement {
  readonly tag: number
  readonly content: Bytes
  /** Bytes of tag, length and content together. */
  readonly size: number
}

export function der(tag: number, ...contents: readonly Bytes[]): Bytes {
  const content = concatBytes(...contents)
  const { length } = content
  if (length < 0x80) return concatBytes(Uint8Array.of(tag, length), content)
  if (length < 0x100) return concatBytes(Uint8Array.of(tag, 0x81, length), content)
  return concatBytes(Uint8Array.of(tag, 0x82, length >>> 8, length), content)
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function derTime(ms: number): Bytes {
  const text = `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  return text < '2050' ? der(derTag.utcTime, utf8(text.slice(2))) : der(derTag.generalizedTime, utf8(text))
}

/** Throws on what is cut short or longer than 64 KiB. */
export function derElement(bytes: Bytes, offset: number): DerElement {
  const tag = bytes[offset]
  const first = bytes[offset + 1]
  if (tag === undefined || first === undefined || first === 0x80 || first > 0x82) throw new Error('malformed DER')
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f
  let length = lengthBytes === 0 ? first : 0
  for (let index = 0; index < lengthBytes; index++) length = length * 256 + (bytes[offset + 2 + index] ?? 0)
  const start = offset + 2 + lengthBytes
  if (start + length > bytes.length) throw new Error('malformed DER')
  return { tag, content: bytes.subarray(start, start + length), size: 2 + lengthBytes + length }
}

export function derChildren(element: DerElement): DerElement[] {
  const children: DerElement[] = []
  for (let offset = 0; offset < element.content.length; ) {
    const child = derElement(element.content, offset)
    children.push(child)
    offset += child.size
  }
  return children
}
