import type { Bytes } from '../primitives/bytes.ts'
import type { PeerId } from './network.ts'

/** The key behind this node's peer id, and those behind others'. */
export interface Identity {
  /** Signs as this node's peer id. */
  sign(message: Bytes): Bytes
  /** Whether the key behind a peer id made the signature; false for an id that no key stands behind. */
  verify(peer: PeerId, message: Bytes, signature: Bytes): boolean
}
