import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PeerId } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/** The peer id of the network identity with this Ed25519 seed (32 bytes). */
export async function peerIdOf(seed: Bytes): Promise<PeerId> {
  return peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed)).toString()
}
