/**
 * Compressed messages (docs/spec/network.md, "Compression"): the length before compression in four big-endian bytes, and one Zstandard
 * frame (RFC 8878). Whoever decompresses decides first, by that length, whether it wants to: nothing is inflated beyond it.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Bytes } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'

const lengthBytes = 4
/** Shorter messages are not worth a frame of their own. */
export const compressibleBytesMin = 1 << 10
/** Longer ones would take either side more than the 10 ms that nothing may take at once. */
export const compressibleBytesMax = 1 << 20
/** A message that shrinks further than this is a bomb: nothing honest is so empty. */
const ratioMax = 128
/** The most that a decoder is made to remember: the longest message. */
const windowLogMax = 20

/** The compressed form, or `undefined` where it would not save a sixteenth. */
export function compress(message: Bytes, dictionary?: Bytes): Bytes | undefined {
  if (message.length < compressibleBytesMin || message.length > compressibleBytesMax) return undefined
  const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: windowLogMax }
  const frame = zstdCompressSync(message, dictionary === undefined ? { params } : { params, dictionary })
  const length = lengthBytes + frame.length
  if (length > message.length - message.length / 16 || message.length > length * ratioMax) return undefined
  const packed = new Uint8Array(length)
  new DataView(packed.buffer).setUint32(0, message.length)
  packed.set(frame, lengthBytes)
  return packed
}

/** What the length before compression is said to be; 0 for what is too short to say. */
export function declaredLength(packed: Bytes): number {
  return packed.length < lengthBytes ? 0 : new DataView(packed.buffer, packed.byteOffset, lengthBytes).getUint32(0)
}

/** @param bytesMax the most that the message may have. Refused: DECOMPRESSION_BOMB, COMPRESSION_BROKEN. */
export function decompress(packed: Bytes, bytesMax: number, dictionary?: Bytes): Result<Bytes> {
  const declared = declaredLength(packed)
  if (declared > bytesMax) return reject('DECOMPRESSION_BOMB', `${declared} bytes are announced, at most ${bytesMax} are allowed`)
  if (declared > packed.length * ratioMax) return reject('DECOMPRESSION_BOMB', `${packed.length} bytes are to become ${declared}`)
  if (declared <= packed.length) return reject('COMPRESSION_BROKEN', `${packed.length} bytes are to become ${declared}`)
  try {
    const options = { maxOutputLength: declared, params: { [constants.ZSTD_d_windowLogMax]: windowLogMax } }
    const message = zstdDecompressSync(
      packed.subarray(lengthBytes),
      dictionary === undefined ? options : { ...options, dictionary },
    )
    if (message.length === declared) return ok(message)
    return reject('COMPRESSION_BROKEN', `${declared} bytes were announced, there are ${message.length}`)
  } catch (error) {
    const isTooLong = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    if (isTooLong) return reject('DECOMPRESSION_BOMB', `more than the ${declared} bytes that were announced`)
    return reject('COMPRESSION_BROKEN', 'no Zstandard frame')
  }
}
