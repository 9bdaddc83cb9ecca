/**
 * That a key has a value in the state, or has none, checked against the root alone, in a browser too. The verifier descends by the
 * bits of the key's own path, so the proof holds no positions that could be forged. Spec: docs/spec/state.md.
 */
import { bytes, documented, type Infer, list, optional, struct } from '../../codec/schema.ts'
import { hashBytes, sha256 } from '../../crypto/hash.ts'
import { type Bytes, bytesEqual } from '../../primitives/bytes.ts'
import { bitAt, emptyHash, innerHash, leafHash, pathBits, pathOf } from './node-hash.ts'

export const stateProofSchema = documented(
  struct('StateProof', {
    siblings: documented(list(bytes({ length: hashBytes }), { max: pathBits }), 'The nodes beside the path, from the root down.'),
    other: documented(
      optional(struct('OtherLeaf', { path: bytes({ length: hashBytes }), valueHash: bytes({ length: hashBytes }) })),
      'Absence only: the leaf that stands where the key would. Without it nothing stands there.',
    ),
  }),
  'Presence or absence of one key in the state.',
)
export type StateProof = Infer<typeof stateProofSchema>

/** Whether `proof` shows that `key` has `value` in the state with this root, or, with `undefined`, that it has none. */
export function verifyStateProof(root: Bytes, key: Bytes, value: Bytes | undefined, proof: StateProof): boolean {
  const path = pathOf(key)
  const depth = proof.siblings.length
  if (depth > pathBits || (value && proof.other)) return false
  let hash = emptyHash
  if (value) hash = leafHash(path, sha256(value))
  if (proof.other) {
    if (bytesEqual(proof.other.path, path)) return false
    hash = leafHash(proof.other.path, proof.other.valueHash)
  }
  for (let level = depth - 1; level >= 0; level--) {
    const sibling = proof.siblings[level] as Bytes
    hash = bitAt(path, level) === 0 ? innerHash(hash, sibling) : innerHash(sibling, hash)
  }
  return bytesEqual(hash, root)
}
