import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bytes, concatBytes, toHex } from '../primitives/bytes.ts'
import { sha256 } from './hash.ts'
import { inclusionProof, leafHash, merkleRoot, verifyInclusion } from './merkle.ts'

/** RFC 6962, section 2.1, word for word: MTH. */
function definition(leaves: readonly Bytes[]): Bytes {
  if (leaves.length === 0) return sha256(new Uint8Array(0))
  if (leaves.length === 1) return sha256(concatBytes(Uint8Array.of(0), leaves[0] as Bytes))
  let k = 1
  while (2 * k < leaves.length) k *= 2
  return sha256(concatBytes(Uint8Array.of(1), definition(leaves.slice(0, k)), definition(leaves.slice(k))))
}

/** RFC 6962, section 2.1.1: PATH, from the leaf upwards. */
function definedPath(index: number, leaves: readonly Bytes[]): readonly Bytes[] {
  if (leaves.length === 1) return []
  let k = 1
  while (2 * k < leaves.length) k *= 2
  return index < k
    ? [...definedPath(index, leaves.slice(0, k)), definition(leaves.slice(k))]
    : [...definedPath(index - k, leaves.slice(k)), definition(leaves.slice(0, k))]
}

const leaves = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 })
const tree = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 70 }).chain((array) => {
  return fc.record({ leaves: fc.constant(array), index: fc.nat(array.length - 1) })
})

describe('a Merkle tree', () => {
  it('has the root that RFC 6962 defines', () => {
    fc.assert(
      fc.property(leaves, (array) => {
        expect(merkleRoot(array)).toEqual(definition(array))
      }),
    )
  })

  it('has the paths that RFC 6962 defines, which verify by leaf and by its hash', () => {
    fc.assert(
      fc.property(tree, ({ leaves: array, index }) => {
        const leaf = array[index] as Bytes
        const proof = inclusionProof(array, index)
        expect(proof.path).toEqual(definedPath(index, array))
        expect(verifyInclusion({ leaf, proof, root: merkleRoot(array) })).toBe(true)
        expect(verifyInclusion({ leafHash: leafHash(leaf), proof, root: merkleRoot(array) })).toBe(true)
      }),
    )
  })

  it('refuses a proof in which anything was changed', () => {
    fc.assert(
      fc.property(tree, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ leaves: array, index }, place, mask) => {
        const leaf = array[index] as Bytes
        const root = merkleRoot(array)
        const proof = inclusionProof(array, index)
        const { path, size } = proof
        const longer = { ...proof, path: [...path, root] }
        const shorter = { ...proof, path: path.slice(1) }
        expect(verifyInclusion({ leaf, proof: longer, root })).toBe(false)
        if (path.length > 0) {
          expect(verifyInclusion({ leaf, proof: shorter, root })).toBe(false)
          const altered = path.map((hash, order) => {
            return order === place % path.length ? hash.map((byte, at) => (at === place % 32 ? byte ^ mask : byte)) : hash
          })
          expect(verifyInclusion({ leaf, proof: { ...proof, path: altered }, root })).toBe(false)
          expect(verifyInclusion({ leaf, proof: { ...proof, path: path.map((hash) => hash.subarray(1)) }, root })).toBe(false)
        }
        for (const [otherIndex, otherSize] of [
          [-1, size],
          [size, size],
          [index + 0.5, size],
          [index, Number.NaN],
          [index, 2 ** 60],
        ]) {
          const other = { path, index: otherIndex as number, size: otherSize as number }
          expect(verifyInclusion({ leaf, proof: other, root })).toBe(false)
        }
        // Another place needs another path, unless the tree is the same seen from there: equal leaves in equal subtrees.
        const elsewhere = place % size
        const claimed = verifyInclusion({ leaf, proof: { ...proof, index: elsewhere }, root })
        expect(claimed && toHex(array[elsewhere] as Bytes) !== toHex(leaf)).toBe(false)
      }),
    )
  })

  it('is safe from numbers beyond 32 bits', () => {
    const path = Array.from({ length: 53 }, () => new Uint8Array(32))
    for (const index of [2 ** 32, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER - 1]) {
      expect(
        verifyInclusion({
          leaf: new Uint8Array(1),
          proof: { index, size: Number.MAX_SAFE_INTEGER, path },
          root: new Uint8Array(32),
        }),
      ).toBe(false)
    }
  })
})
