import { signerMessageBytesMax } from '../../engine/signer-message.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'

/** Messages on a stream of bytes: four bytes of length, the highest first, and the message. */
const headBytes = 4

export function signerFrame(message: Bytes): Bytes {
  const frame = new Uint8Array(headBytes + message.length)
  new DataView(frame.buffer).setUint32(0, message.length)
  frame.set(message, headBytes)
  return frame
}

/** Cuts what arrives into messages. `undefined`: one is longer than any may be, and the stream is no good any more. */
export function createSignerFrames(): (chunk: Bytes) => readonly Bytes[] | undefined {
  let rest: Bytes = new Uint8Array(0)
  return (chunk) => {
    rest = concatBytes(rest, chunk)
    const messages: Bytes[] = []
    while (rest.length >= headBytes) {
      const length = new DataView(rest.buffer, rest.byteOffset).getUint32(0)
      if (length > signerMessageBytesMax) return undefined
      if (rest.length < headBytes + length) break
      messages.push(rest.slice(headBytes, headBytes + length))
      rest = rest.subarray(headBytes + length)
    }
    return messages
  }
}
