/** Byte strings. Everything that is hashed, signed, stored or sent is a `Uint8Array`; strings appear only at the edges. */
export type Bytes = Uint8Array

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))

export function bytesEqual(left: Bytes, right: Bytes): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false
  return true
}

/** Lexicographic order, a shorter prefix first: −1, 0 or 1. */
export function compareBytes(left: Bytes, right: Bytes): -1 | 0 | 1 {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const difference = (left[index] as number) - (right[index] as number)
    if (difference !== 0) return difference < 0 ? -1 : 1
  }
  return left.length === right.length ? 0 : left.length < right.length ? -1 : 1
}

export function concatBytes(...parts: readonly Bytes[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/**
 * The bytes as Latin-1, one character a byte: the cheapest text that keys a `Map` by content, in the order of the bytes. Never shown.
 * For short byte strings: hashes, keys, addresses.
 */
export function bytesKey(bytes: Bytes): string {
  if (bytes.length <= keyChunk) return String.fromCharCode.apply(null, bytes as unknown as number[])
  return bytesKey(bytes.subarray(0, keyChunk)) + bytesKey(bytes.subarray(keyChunk))
}

/** Arguments to one call are bounded by the stack. */
const keyChunk = 4096

/** Lower-case hexadecimal, two digits a byte. For what people see: as the key of a `Map`, `bytesKey` is several times faster. */
export function toHex(bytes: Bytes): string {
  let text = ''
  for (let index = 0; index < bytes.length; index++) text += HEX[bytes[index] as number]
  return text
}

/** The bytes of a hexadecimal text, or `undefined` when the text is not hexadecimal of even length. */
export function fromHex(text: string): Bytes | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let index = 0; index < bytes.length; index++) bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16)
  return bytes
}

const encoder = new TextEncoder()

export function utf8(text: string): Bytes {
  return encoder.encode(text)
}
