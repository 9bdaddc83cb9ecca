import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '../../ports/network.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { networkKeyOf } from './network-key.ts'

/** The peer id of the network identity with this Ed25519 seed (32 bytes). */
export async function peerIdOf(seed: Bytes): Promise<PeerId> {
  return peerIdFromPrivateKey(networkKeyOf(seed)).toString()
}

/** How multiaddrs, and messages that name peers, hold an id: the multihash of its public key. */
export function multihashOf(peer: PeerId): Bytes {
  return multiaddr(`/p2p/${peer}`).bytes.subarray(multiaddrHead.length)
}

/** Undefined when the bytes are no id of an Ed25519 key, which all nodes have. */
export function peerOfMultihash(bytes: Bytes): PeerId | undefined {
  if (bytes.length !== ed25519Head.length + 32 || ed25519Head.some((byte, index) => bytes[index] !== byte)) return undefined
  return multiaddr(concatBytes(multiaddrHead, bytes)).getComponents()[0]?.value
}

/** The identity multihash of 36 bytes: a public key of the type Ed25519, with its 32 bytes. */
const ed25519Head = Uint8Array.of(0, 36, 8, 1, 18, 32)
/** The code of `/p2p`, 421, and the length of what follows. */
const multiaddrHead = Uint8Array.of(0xa5, 0x03, 38)
