import { blsVerify } from '../crypto/bls.ts'
import { ed25519Verify } from '../crypto/ed25519.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import type { Verifier } from '../ports/verifier.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { bytesKey, concatBytes } from '../primitives/bytes.ts'

/**
 * Real signatures, checked for real, once in the whole world: the nodes of a simulation share what each has found out, so that a
 * network of n costs the checks of one. What a node's own signer made is known to hold; what liars make is not. The time a check
 * takes is simulated.
 */
export interface SignatureOracle {
  verifier(delay: (items: number) => Promise<void>): Verifier
  /** Whether a BLS signature holds. */
  holds(item: SignatureItem): boolean
  /** A BLS key of this world has just made this signature: nobody need check it. */
  witnessed(item: SignatureItem): void
}

const cacheMax = 200_000

export function createSignatureOracle(): SignatureOracle {
  const known = createBoundedMap<string, boolean>(cacheMax)

  function check(kind: 'ed25519' | 'bls', item: SignatureItem): boolean {
    const key = keyOf(item)
    const before = known.get(key)
    if (before !== undefined) return before
    const verify = kind === 'bls' ? blsVerify : ed25519Verify
    const valid = verify(item.publicKey, item.message, item.signature)
    known.set(key, valid)
    return valid
  }

  return {
    verifier: (delay) => ({
      async ed25519(items) {
        await delay(items.length)
        return items.map((item) => check('ed25519', item))
      },
      async bls(items) {
        await delay(items.length * 10)
        return items.map((item) => check('bls', item))
      },
    }),
    holds: (item) => check('bls', item),
    witnessed: (item) => void known.set(keyOf(item), true),
  }
}

/** Keys and signatures have fixed lengths, so that no two items share their bytes. */
function keyOf({ publicKey, signature, message }: SignatureItem): string {
  return bytesKey(sha256(concatBytes(publicKey, signature, message)))
}
