/**
 * The framing of WebSocket (RFC 6455, section 5), as far as libp2p uses it: a stream of bytes in binary frames. Where frames and messages
 * begin means nothing, so payloads are passed on as they arrive, and nothing is buffered but headers and control frames.
 */
import type { Bytes } from '../../primitives/bytes.ts'

export const opcode = { continuation: 0, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface FrameReaderHandlers {
  onData(bytes: Bytes): void
  onPing(payload: Bytes): void
  onClose(): void
}

const controlBytesMax = 125

/** Reads what the other side sends; `masked` is what a server must find, and a client must not. Throws on a breach of the protocol. */
export function createFrameReader(masked: boolean, handlers: FrameReaderHandlers): (chunk: Bytes) => void {
  const header = new Uint8Array(14)
  let headerBytes = 0
  let frame: { kind: number; left: number; mask: Bytes | undefined; at: number } | undefined
  let control: number[] = []

  function readHeader(chunk: Bytes): number {
    let used = 0
    while (used < chunk.length && (headerBytes < 2 || headerBytes < headerLength(header))) {
      header[headerBytes++] = chunk[used++] as number
      if (headerBytes === 2) checkHeader(header, masked)
    }
    if (headerBytes >= 2 && headerBytes === headerLength(header)) {
      const mask = masked ? header.slice(headerBytes - 4, headerBytes) : undefined
      frame = { kind: (header[0] as number) & 15, left: payloadLength(header), mask, at: 0 }
      headerBytes = 0
    }
    return used
  }

  function readPayload(chunk: Bytes): number {
    if (frame === undefined) return 0
    const part = chunk.subarray(0, frame.left)
    if (frame.mask !== undefined) applyMask(part, frame.mask, frame.at)
    frame.left -= part.length
    frame.at += part.length
    if (frame.kind < opcode.close) {
      if (part.length > 0) handlers.onData(part)
    } else control.push(...part)
    if (frame.left === 0) endFrame(frame.kind)
    return part.length
  }

  function endFrame(kind: number): void {
    const payload = Uint8Array.from(control)
    control = []
    frame = undefined
    if (kind === opcode.ping) handlers.onPing(payload)
    if (kind === opcode.close) handlers.onClose()
  }

  return (chunk) => {
    for (let rest = chunk; rest.length > 0; ) {
      rest = rest.subarray(frame === undefined ? readHeader(rest) : readPayload(rest))
      if (frame?.left === 0) endFrame(frame.kind)
    }
  }
}

function checkHeader(header: Bytes, masked: boolean): void {
  const [first, second] = header as unknown as [number, number]
  const kind = first & 15
  const isControl = kind >= opcode.close
  if ((first & 0x70) !== 0) throw new Error('a WebSocket frame with an extension that was not negotiated')
  if (kind !== opcode.continuation && kind !== opcode.binary && (kind < opcode.close || kind > opcode.pong)) {
    throw new Error(`a WebSocket frame of kind ${kind}`)
  }
  if (isControl && ((first & 0x80) === 0 || (second & 0x7f) > controlBytesMax))
    throw new Error('a WebSocket control frame that is too long')
  if (((second & 0x80) !== 0) !== masked) throw new Error('a WebSocket frame with a wrong mask bit')
}

function headerLength(header: Bytes): number {
  const second = header[1] as number
  const size = second & 0x7f
  return 2 + (size === 126 ? 2 : size === 127 ? 8 : 0) + (second >= 0x80 ? 4 : 0)
}

function payloadLength(header: Bytes): number {
  const view = new DataView(header.buffer)
  const size = (header[1] as number) & 0x7f
  if (size < 126) return size
  if (size === 126) return view.getUint16(2)
  const length = view.getBigUint64(2)
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error('a WebSocket frame that is too long')
  return Number(length)
}

/** The header of a whole message. With a mask, the payload is to be masked too. */
export function frameHeaderOf(kind: number, length: number, mask?: Bytes): Bytes {
  const sizeBytes = length < 126 ? 0 : length < 1 << 16 ? 2 : 8
  const header = new Uint8Array(2 + sizeBytes + (mask?.length ?? 0))
  const view = new DataView(header.buffer)
  header[0] = 0x80 | kind
  header[1] = (mask === undefined ? 0 : 0x80) | (sizeBytes === 0 ? length : sizeBytes === 2 ? 126 : 127)
  if (sizeBytes === 2) view.setUint16(2, length)
  if (sizeBytes === 8) view.setBigUint64(2, BigInt(length))
  if (mask !== undefined) header.set(mask, 2 + sizeBytes)
  return header
}

/** In place. `at`: how many bytes of the payload came before. */
export function applyMask(bytes: Bytes, mask: Bytes, at: number): void {
  const [a, b, c, d] = [0, 1, 2, 3].map((index) => mask[(at + index) & 3]) as [number, number, number, number]
  const whole = bytes.length & ~3
  for (let index = 0; index < whole; index += 4) {
    bytes[index] = (bytes[index] as number) ^ a
    bytes[index + 1] = (bytes[index + 1] as number) ^ b
    bytes[index + 2] = (bytes[index + 2] as number) ^ c
    bytes[index + 3] = (bytes[index + 3] as number) ^ d
  }
  for (let index = whole; index < bytes.length; index++) {
    bytes[index] = (bytes[index] as number) ^ (mask[(at + index) & 3] as number)
  }
}
