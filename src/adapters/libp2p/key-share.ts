/**
 * The group on which a TLS 1.3 handshake agreed, read from the ServerHello as it crosses the wire (RFC 8446, 4.1.3 and 4.2.8): Node
 * tells only the client, and operators must see it on both ends. The message is in the transcript both Finished messages authenticate.
 * A HelloRetryRequest has the same form and names the group the server insists on.
 */
import type { Bytes } from '../../primitives/bytes.ts'

const groups = new Map<number, string>([
  [0x11ec, 'X25519MLKEM768'],
  [0x001d, 'X25519'],
  [0x0017, 'P-256'],
])
const keyShareExtension = 51

/** `undefined` while the bytes do not yet hold the whole message, or when they are no ServerHello. */
export function negotiatedGroup(bytes: Bytes): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const isServerHello = bytes.length > 44 && bytes[0] === 22 && bytes[5] === 2
  if (!isServerHello) return undefined
  const end = 5 + view.getUint16(3)
  // Record header 5, message header 4, version 2, random 32, session id, cipher suite 2, compression 1, length of extensions 2.
  let offset = 43 + 1 + (bytes[43] as number) + 2 + 1 + 2
  while (offset + 6 <= Math.min(end, bytes.length)) {
    const kind = view.getUint16(offset)
    if (kind === keyShareExtension) {
      const group = view.getUint16(offset + 4)
      return groups.get(group) ?? `group 0x${group.toString(16)}`
    }
    offset += 4 + view.getUint16(offset + 2)
  }
  return undefined
}
