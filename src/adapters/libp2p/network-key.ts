import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { ed25519Keypair } from '../../crypto/ed25519.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/**
 * The network identity of an Ed25519 seed (32 bytes), as libp2p holds it. The library derives the public key in JavaScript, which takes
 * fifty milliseconds of a node's start.
 */
export function networkKeyOf(seed: Bytes): PrivateKey {
  return privateKeyFromRaw(ed25519Keypair(seed).secretKey)
}
