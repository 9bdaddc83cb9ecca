/**
 * Keys whose owners have shown to know them. A sum of keys says nothing about its parts unless each is proved: who may choose a key
 * freely chooses the difference between its own and everybody else's, and signs for all of them alone. A trusted set's keys were
 * proved to the chain; those that a light client meets in a set it does not trust yet must be proved to the light client.
 */
import type { ChainId, ConsensusKey } from '../chain/identifiers.ts'
import { registrationItem } from '../chain/registration.ts'
import { possessionItem } from '../crypto/bls.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import { bytesKey } from '../primitives/bytes.ts'
import type { KeyPossession } from './light-block.ts'

/** The proofs of these keys, to be checked; `undefined` when one of them has none. */
export function possessionItems(
  chainId: ChainId,
  keys: readonly ConsensusKey[],
  possessions: readonly KeyPossession[],
): readonly SignatureItem[] | undefined {
  const byKey = new Map(possessions.map((possession) => [bytesKey(possession.consensusKey), possession]))
  const items: SignatureItem[] = []
  for (const key of keys) {
    const possession = byKey.get(bytesKey(key))
    if (!possession) return undefined
    const { operator, proof } = possession
    items.push(operator ? registrationItem(key, chainId, operator, proof) : possessionItem(key, proof))
  }
  return items
}
