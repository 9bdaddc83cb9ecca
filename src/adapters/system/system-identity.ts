import { base58 } from '@scure/base'
import { ed25519Keypair, ed25519Sign, ed25519Verify } from '../../crypto/ed25519.ts'
import type { Identity } from '../../ports/identity.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/**
 * A peer id carries its Ed25519 key: base58btc of an identity multihash (0x00, length 36) of the key in libp2p's protocol buffer
 * (type 1 is Ed25519, then 32 bytes). Source: libp2p's specification of peer ids.
 */
const prefix = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20]
const keyBytes = 32
/** The longest such id, and a little. */
const idLengthMax = 64

/** @param seed of the node's network identity: 32 bytes. */
export function createSystemIdentity(seed: Bytes): Identity {
  const keypair = ed25519Keypair(seed)
  return {
    sign: (message) => ed25519Sign(keypair, message),
    verify(peer, message, signature) {
      const key = peerKeyOf(peer)
      return key !== undefined && ed25519Verify(key, message, signature)
    },
  }
}

function peerKeyOf(peer: string): Bytes | undefined {
  if (peer.length > idLengthMax || !/^[1-9A-HJ-NP-Za-km-z]+$/.test(peer)) return undefined
  const decoded = base58.decode(peer)
  const isEd25519 = decoded.length === prefix.length + keyBytes && prefix.every((byte, index) => decoded[index] === byte)
  return isEd25519 ? decoded.subarray(prefix.length) : undefined
}
