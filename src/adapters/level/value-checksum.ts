import { crc32 } from 'node:zlib'
import type { Bytes } from '../../primitives/bytes.ts'

/** Behind each stored value: CRC-32 of its key and the value, big-endian. */
const checksumBytes = 4

export function withChecksum(key: Bytes, value: Bytes): Bytes {
  const stored = new Uint8Array(value.length + checksumBytes)
  stored.set(value)
  writeChecksum(stored, value.length, checksumOf(key, value))
  return stored
}

/** The value, or `undefined` when it is not what was stored under this key. */
export function checkedValue(key: Bytes, stored: Bytes): Bytes | undefined {
  const length = stored.length - checksumBytes
  if (length < 0) return undefined
  const value = stored.subarray(0, length)
  return checksumOf(key, value) === readChecksum(stored, length) ? value : undefined
}

function checksumOf(key: Bytes, value: Bytes): number {
  return crc32(value, crc32(key))
}

function writeChecksum(bytes: Bytes, at: number, checksum: number): void {
  for (let index = 0; index < checksumBytes; index++) bytes[at + index] = checksum >>> (8 * (checksumBytes - 1 - index))
}

function readChecksum(bytes: Bytes, at: number): number {
  let checksum = 0
  for (let index = 0; index < checksumBytes; index++) checksum = checksum * 256 + (bytes[at + index] as number)
  return checksum
}
