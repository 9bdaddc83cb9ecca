import { ed25519Keypair, ed25519Sign, ed25519Verify } from '../crypto/ed25519.ts'
import { taggedHash } from '../crypto/hash.ts'
import type { Identity } from '../ports/identity.ts'
import type { PeerId } from '../ports/network.ts'
import { utf8 } from '../primitives/bytes.ts'

/** In the simulated world everybody's key follows from the name, and nobody uses another's. */
export function createSimulatedIdentity(self: PeerId): Identity {
  const keyOf = (peer: PeerId) => ed25519Keypair(taggedHash('simulated/peer-key', utf8(peer)))
  const own = keyOf(self)
  return {
    sign: (message) => ed25519Sign(own, message),
    verify: (peer, message, signature) => ed25519Verify(keyOf(peer).publicKey, message, signature),
  }
}
