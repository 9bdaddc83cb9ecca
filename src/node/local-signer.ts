import { lockValidatorKey } from '../adapters/file/validator-key-lock.ts'
import { type BlsKeypair, blsKeypair, blsSign } from '../crypto/bls.ts'
import type { Signer } from '../ports/signer.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'

/** A signer that holds something of the machine: locks, a connection. */
export interface HeldSigner extends Signer {
  stop(): Promise<void>
}

/**
 * The validator's keys in this process's memory, each locked, so that no other process of the machine signs with it.
 * `seeds`: those there are at present, 32 bytes each. `keys` throws VALIDATOR_KEY_IN_USE.
 */
export function createLocalSigner(seeds: () => Promise<readonly Bytes[]>): HeldSigner {
  const held = new Map<string, { readonly keypair: BlsKeypair; release(): Promise<void> }>()

  async function hold(seed: Bytes): Promise<Bytes> {
    const keypair = blsKeypair(seed)
    const name = toHex(keypair.publicKey)
    if (!held.has(name)) {
      const lock = await lockValidatorKey(keypair.publicKey)
      held.set(name, { keypair, release: () => lock.release() })
    }
    return keypair.publicKey
  }

  return {
    async keys() {
      const keys: Bytes[] = []
      for (const seed of await seeds()) keys.push(await hold(seed))
      return keys
    },
    async sign({ key, message }) {
      const found = held.get(toHex(key))
      return found && blsSign(found.keypair, message)
    },
    async stop() {
      for (const { release } of held.values()) await release()
      held.clear()
    },
  }
}
