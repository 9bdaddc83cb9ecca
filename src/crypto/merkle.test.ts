import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Bytes, toHex, utf8 } from '../primitives/bytes.ts'
import { inclusionProof, merkleRoot, verifyInclusion } from './merkle.ts'

const folder = join(import.meta.dirname, '../../../shared/vectors/merkle/inclusion')

interface InclusionVector {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string | null
  readonly leafHash: string | null
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}

const base64 = (text: string | null): Bytes => new Uint8Array(Buffer.from(text ?? '', 'base64'))

describe.skipIf(!existsSync(folder))('inclusion proofs made by others (skipped without ../shared/vectors)', () => {
  const names = existsSync(folder) ? readdirSync(folder) : []

  it('are 98', () => expect(names.length).toBe(98))

  it.each(names)('%s', (name) => {
    const vector = JSON.parse(readFileSync(join(folder, name), 'utf8')) as InclusionVector
    const proof = { index: vector.leafIdx, size: vector.treeSize, path: (vector.proof ?? []).map(base64) }
    const holds = verifyInclusion({ leafHash: base64(vector.leafHash), proof, root: base64(vector.root) })
    expect(holds).toBe(!vector.wantErr)
  })
})

describe('a Merkle tree', () => {
  // The roots of the first n of these leaves, from the reference implementation of RFC 6962.
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
    (text) => new Uint8Array(Buffer.from(text, 'hex')),
  )
  it.each([
    [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])('of the first %i leaves has the root of the reference', (count, root) => {
    expect(toHex(merkleRoot(leaves.slice(0, count)))).toBe(root)
  })

  it('proves each of its leaves and no other', () => {
    for (let size = 1; size <= 40; size++) {
      const many = Array.from({ length: size }, (_, index) => utf8(`leaf ${index}`))
      const root = merkleRoot(many)
      for (const [index, leaf] of many.entries()) {
        const proof = inclusionProof(many, index)
        expect(verifyInclusion({ leaf, proof, root })).toBe(true)
        expect(verifyInclusion({ leaf: utf8('another'), proof, root })).toBe(false)
      }
    }
  })
})
