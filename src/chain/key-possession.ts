/**
 * Keys whose owners have shown to know them. A sum of keys says nothing about its parts unless each is proved: who may choose a key
 * freely chooses the difference between its own and everybody else's, and signs for all of them alone. A known set's keys were
 * proved to the chain; those that somebody meets in a set he does not know must be proved to him.
 */
import { type Infer, optional, struct } from '../codec/schema.ts'
import { possessionItem } from '../crypto/bls.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import { bytesKey } from '../primitives/bytes.ts'
import { address, type ChainId, type ConsensusKey, consensusKey, consensusSignature } from './identifiers.ts'
import { registrationItem } from './registration.ts'

/**
 * Proof that a validator knows its secret key: the one of its registration, which names its operator, or, without an operator, the one
 * that the chain spec holds.
 */
export const keyPossessionSchema = struct('KeyPossession', {
  consensusKey,
  operator: optional(address),
  proof: consensusSignature,
})
export type KeyPossession = Infer<typeof keyPossessionSchema>

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
