import { decode, encode } from '../../codec/codec.ts'
import { list, literal, struct, text } from '../../codec/schema.ts'
import { sha256 } from '../../crypto/hash.ts'
import { type Bytes, bytesEqual, concatBytes } from '../../primitives/bytes.ts'
import { type Contact, contactAddressesMax, contactOf, isTellable } from './contact.ts'

/** The contacts of the routing table as they outlive the process, so that a restarted node asks those it knew and not its seeds. */
const entrySchema = struct('RoutingEntry', {
  peer: text({ max: 64 }),
  addresses: list(text({ max: 128 }), { min: 1, max: contactAddressesMax }),
})
const fileEntriesMax = 1024
const routingFileSchema = struct('RoutingFile', { version: literal(1), entries: list(entrySchema, { max: fileEntriesMax }) })

const checksumBytes = 8
const checksum = (content: Bytes) => sha256(content).subarray(0, checksumBytes)

/** Less than 512 KiB. */
export function encodeContacts(contacts: readonly Contact[]): Bytes {
  const entries = contacts.slice(0, fileEntriesMax).map(({ peer, addresses }) => ({ peer, addresses }))
  const content = encode(routingFileSchema, { version: 1, entries })
  return concatBytes(content, checksum(content))
}

/** Undefined when the bytes are not what `encodeContacts` wrote. */
export function decodeContacts(file: Bytes): readonly Contact[] | undefined {
  const content = file.subarray(0, Math.max(0, file.length - checksumBytes))
  if (!bytesEqual(checksum(content), file.subarray(content.length))) return undefined
  const decoded = decode(routingFileSchema, content)
  if (!decoded.ok) return undefined
  return decoded.value.entries
    .filter(({ peer, addresses }) => addresses.every((address) => isTellable(address, peer)))
    .map(({ peer, addresses }) => contactOf(peer, addresses))
}
