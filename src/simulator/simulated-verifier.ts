import { blsVerify } from '../crypto/bls.ts'
import { ed25519Verify } from '../crypto/ed25519.ts'
import { sha256 } from '../crypto/hash.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { bytesKey, concatBytes } from '../primitives/bytes.ts'
import type { Verifier } from '../ports/verifier.ts'

/**
 * Real signatures, checked for real, once in the whole world: the nodes of a simulation share what each has found out, so that a
 * network of n costs the checks of one. The time a check takes is simulated.
 */
export interface SignatureOracle {
  verifier(delay: (items: number) => Promise<void>): Verifier
  /** Whether a BLS signature holds. */
  holds(item: SignatureItem): boolean
}

const cacheMax = 200_000

export function createSignatureOracle(): SignatureOracle {
  const known = createBoundedMap<string, boolean>(cacheMax)

  function check(kind: 'ed25519' | 'bls', item: SignatureItem): boolean {
    const key = bytesKey(sha256(concatBytes(item.publicKey, item.signature, item.message)))
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
  }
}
