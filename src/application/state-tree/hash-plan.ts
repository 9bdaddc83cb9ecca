import { hashBytes } from '../../crypto/hash.ts'
import { hashPairs } from '../../crypto/hash-pairs.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/**
 * Inner nodes whose hashes are wanted, collected first and computed together: all nodes of equal height are one call of the native
 * hasher. A node is named by its number; number 0 is the empty subtree.
 */
export interface HashPlan {
  /** A node whose hash is known: the 32 bytes at `offset`. */
  known(bytes: Bytes, offset?: number): number
  /** A node to be computed from two others. */
  pair(left: number, right: number): number
  /** Computes everything that was planned. Once. */
  run(): void
  /** Copies a node's hash to `target`, after `run`. */
  copy(node: number, target: Bytes, offset?: number): void
}

export const emptyNode = 0
const wordsPerHash = hashBytes / 4

export function createHashPlan(): HashPlan {
  let words = new Uint32Array(1024 * wordsPerHash)
  let bytes = new Uint8Array(words.buffer)
  const heights: number[] = [0]
  const lefts: number[] = [0]
  const rights: number[] = [0]
  const byHeight: number[][] = [[]]

  function add(height: number, left: number, right: number): number {
    const node = heights.length
    if ((node + 1) * wordsPerHash > words.length) {
      const larger = new Uint32Array(words.length * 2)
      larger.set(words)
      words = larger
      bytes = new Uint8Array(words.buffer)
    }
    heights.push(height)
    lefts.push(left)
    rights.push(right)
    return node
  }

  return {
    known(from, offset = 0) {
      const node = add(0, 0, 0)
      const start = node * hashBytes
      for (let index = 0; index < hashBytes; index++) bytes[start + index] = from[offset + index] as number
      return node
    },
    pair(left, right) {
      const height = 1 + Math.max(heights[left] as number, heights[right] as number)
      const node = add(height, left, right)
      byHeight[height] ??= []
      byHeight[height].push(node)
      return node
    },
    run() {
      for (const nodes of byHeight) hashNodes(words, nodes, lefts, rights)
    },
    copy(node, target, offset = 0) {
      assert(node < heights.length)
      const start = node * hashBytes
      for (let index = 0; index < hashBytes; index++) target[offset + index] = bytes[start + index] as number
    },
  }
}

/** Gathers the children of nodes of one height, hashes them in one go, and puts the results in their places. */
function hashNodes(words: Uint32Array, nodes: readonly number[], lefts: readonly number[], rights: readonly number[]): void {
  const pairs = new Uint32Array(nodes.length * 2 * wordsPerHash)
  let to = 0
  for (const node of nodes) {
    const left = (lefts[node] as number) * wordsPerHash
    const right = (rights[node] as number) * wordsPerHash
    for (let word = 0; word < wordsPerHash; word++) pairs[to++] = words[left + word] as number
    for (let word = 0; word < wordsPerHash; word++) pairs[to++] = words[right + word] as number
  }
  const hashes = new Uint32Array(nodes.length * wordsPerHash)
  hashPairs(new Uint8Array(pairs.buffer), new Uint8Array(hashes.buffer))
  let from = 0
  for (const node of nodes) {
    const start = node * wordsPerHash
    for (let word = 0; word < wordsPerHash; word++) words[start + word] = hashes[from++] as number
  }
}
