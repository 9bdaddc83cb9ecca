/**
 * Frames, the unit of every Synod stream (docs/spec/network.md, "Frames"): a kind of one byte, a big-endian length of three, and the
 * payload. The length is checked against the kind's limit before anything is buffered, and each byte is copied at most once.
 */
import type { Bytes } from '../../primitives/bytes.ts'

export const frameHeaderBytes = 4
/** What a small message may keep alive beside itself. */
const pageBytesMax = 8 << 10

/** A frame to be sent. With an `id`, four big-endian bytes of it lead the payload. */
export interface Frame {
  readonly kind: number
  readonly id?: number
  readonly payload: Bytes
}

export interface ReceivedFrame {
  readonly kind: number
  readonly payload: Bytes
}

export function frameBytes(frame: Frame): number {
  return frameHeaderBytes + (frame.id === undefined ? 0 : 4) + frame.payload.length
}

/** Writes a frame's header, and its id if it has one, and returns the offset behind them. */
export function writeFrameHeader(target: Bytes, offset: number, frame: Frame): number {
  const length = frameBytes(frame) - frameHeaderBytes
  target[offset] = frame.kind
  target[offset + 1] = length >>> 16
  target[offset + 2] = length >>> 8
  target[offset + 3] = length
  if (frame.id === undefined) return offset + frameHeaderBytes
  writeUint32(target, offset + frameHeaderBytes, frame.id)
  return offset + frameHeaderBytes + 4
}

function writeUint32(target: Bytes, offset: number, value: number): void {
  target[offset] = value >>> 24
  target[offset + 1] = value >>> 16
  target[offset + 2] = value >>> 8
  target[offset + 3] = value
}

export function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4)
  writeUint32(bytes, 0, value)
  return bytes
}

export function readUint32(source: Bytes, offset: number): number {
  const high = ((source[offset] as number) << 24) | ((source[offset + 1] as number) << 16)
  return (high | ((source[offset + 2] as number) << 8) | (source[offset + 3] as number)) >>> 0
}

export interface FrameReader {
  /** Bytes taken out of the chunks so far, including those of a frame that is still incomplete. */
  readonly consumed: number
  /** What was wrong, once `next` returned `undefined` because of it. Nothing is read after that. */
  readonly violation: string | undefined
  push(chunk: Bytes): void
  /** The next whole frame, or `undefined` when more bytes are needed. */
  next(): ReceivedFrame | undefined
}

/** @param bytesMaxOf the longest payload of a kind, or `undefined` for a kind that may not be sent here. */
export function createFrameReader(bytesMaxOf: (kind: number) => number | undefined): FrameReader {
  const chunks = createChunks()
  const header = new Uint8Array(frameHeaderBytes)
  let headerFilled = 0
  let violation: string | undefined
  /** The payload under assembly, when it spans chunks. */
  let assembly: Bytes | undefined
  let assembled = 0

  function finish(payload: Bytes): ReceivedFrame {
    headerFilled = 0
    assembly = undefined
    return { kind: header[0] as number, payload }
  }

  return {
    get consumed() {
      return chunks.consumed
    },
    get violation() {
      return violation
    },
    push: chunks.push,
    next() {
      if (violation !== undefined) return undefined
      if (assembly === undefined) {
        headerFilled = chunks.fill(header, headerFilled)
        if (headerFilled < frameHeaderBytes) return undefined
        const kind = header[0] as number
        const length = ((header[1] as number) << 16) | ((header[2] as number) << 8) | (header[3] as number)
        const bytesMax = bytesMaxOf(kind)
        if (bytesMax === undefined) violation = `frame of unknown kind ${kind}`
        else if (length > bytesMax) violation = `frame of kind ${kind} with ${length} bytes, at most ${bytesMax} are allowed`
        if (violation !== undefined) return undefined
        const payload = chunks.whole(length)
        if (payload !== undefined) return finish(payload)
        assembly = new Uint8Array(length)
        assembled = 0
      }
      assembled = chunks.fill(assembly, assembled)
      return assembled < assembly.length ? undefined : finish(assembly)
    },
  }
}

interface Chunks {
  /** Bytes taken so far. */
  readonly consumed: number
  push(chunk: Bytes): void
  /** Copies what is there into `target` from `filled` on, and returns how far it is filled then. */
  fill(target: Bytes, filled: number): number
  /** So many bytes, if they lie in one chunk: a view of it, unless a message that is kept would keep too much else alive. */
  whole(length: number): Bytes | undefined
}

function createChunks(): Chunks {
  let chunks: Bytes[] = []
  let chunkIndex = 0
  let offset = 0
  let consumed = 0
  /** A copy of part of the present chunk, from `pageStart` on: one copy and one allocation for many small messages. */
  let page: Bytes | undefined
  let pageStart = 0

  /** The chunk that holds the next unread byte. */
  function currentChunk(): Bytes | undefined {
    for (;;) {
      const chunk = chunks[chunkIndex]
      if (chunk === undefined) {
        chunks = []
        chunkIndex = 0
        return undefined
      }
      if (offset < chunk.length) return chunk
      chunkIndex += 1
      offset = 0
      page = undefined
    }
  }

  function payloadAt(chunk: Bytes, start: number, length: number): Bytes {
    if (length * 4 >= chunk.buffer.byteLength) return new Uint8Array(chunk.buffer, chunk.byteOffset + start, length)
    if (length * 8 > pageBytesMax) return new Uint8Array(chunk.subarray(start, start + length))
    if (page === undefined || start + length > pageStart + page.length) {
      page = new Uint8Array(chunk.subarray(start, start + pageBytesMax))
      pageStart = start
    }
    return new Uint8Array(page.buffer, start - pageStart, length)
  }

  return {
    get consumed() {
      return consumed
    },
    push: (chunk) => void chunks.push(chunk),
    fill(target, filled) {
      let end = filled
      while (end < target.length) {
        const chunk = currentChunk()
        if (chunk === undefined) break
        const count = Math.min(target.length - end, chunk.length - offset)
        // A header costs less byte by byte than a view of it would.
        if (count <= frameHeaderBytes)
          for (let index = 0; index < count; index++) target[end + index] = chunk[offset + index] as number
        else target.set(chunk.subarray(offset, offset + count), end)
        offset += count
        end += count
        consumed += count
      }
      return end
    },
    whole(length) {
      if (length === 0) return new Uint8Array(0)
      const chunk = currentChunk()
      if (chunk === undefined || chunk.length - offset < length) return undefined
      const payload = payloadAt(chunk, offset, length)
      offset += length
      consumed += length
      return payload
    },
  }
}
