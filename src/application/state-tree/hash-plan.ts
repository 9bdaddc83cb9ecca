import { hashBytes } from '../../crypto/hash.ts'
import { hashPairs } from '../../crypto/hash-pairs.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/**
 * Inner nodes whose hashes are wanted, collected first and computed together: all nodes of equal height are one call of the native
 * hasher. A node is named by its number; number 0 is the empty subtree. Made to be used again, so that a large update leaves no garbage.
 */
export interface HashPlan {
  /** Forgets all nodes. */
  clear(): void
  /** A node whose hash is known: the 32 bytes at `offset`. */
  known(bytes: Bytes, offset: number): number
  /** A node to be computed from two others. */
  pair(left: number, right: number): number
  /** Computes everything that was planned since `clear`. Once. */
  run(): void
  /** Copies a node's hash to `target`, after `run`. */
  copy(node: number, target: Bytes): void
}

export const emptyNode = 0
/** Suits the few pages of an empty block, which would pay more for empty memory than for hashing; a large update soon doubles it. */
const capacityMin = 128
const wordsPerHash = hashBytes / 4

/** Nodes side by side: eight words of hash each, height above the known ones, numbers of the two children. */
interface Nodes {
  readonly words: Uint32Array
  readonly bytes: Uint8Array
  readonly heights: Uint16Array
  readonly lefts: Uint32Array
  readonly rights: Uint32Array
}

export function createHashPlan(): HashPlan {
  let nodes = allocate(capacityMin)
  let count = 1
  let heightMax = 0

  function add(height: number, left: number, right: number): number {
    if (count === nodes.heights.length) nodes = enlarged(nodes)
    nodes.heights[count] = height
    nodes.lefts[count] = left
    nodes.rights[count] = right
    return count++
  }

  return {
    clear() {
      count = 1
      heightMax = 0
    },
    known(from, offset) {
      const node = add(0, 0, 0)
      const start = node * hashBytes
      for (let index = 0; index < hashBytes; index++) nodes.bytes[start + index] = from[offset + index] as number
      return node
    },
    pair(left, right) {
      const height = 1 + Math.max(nodes.heights[left] as number, nodes.heights[right] as number)
      heightMax = Math.max(heightMax, height)
      return add(height, left, right)
    },
    run() {
      for (const numbers of byHeight(nodes.heights.subarray(0, count), heightMax)) hashNodes(nodes, numbers)
    },
    copy(node, target) {
      assert(node < count)
      const start = node * hashBytes
      for (let index = 0; index < hashBytes; index++) target[index] = nodes.bytes[start + index] as number
    },
  }
}

function allocate(capacity: number): Nodes {
  const words = new Uint32Array(capacity * wordsPerHash)
  return {
    words,
    bytes: new Uint8Array(words.buffer),
    heights: new Uint16Array(capacity),
    lefts: new Uint32Array(capacity),
    rights: new Uint32Array(capacity),
  }
}

function enlarged(nodes: Nodes): Nodes {
  const larger = allocate(nodes.heights.length * 2)
  larger.words.set(nodes.words)
  larger.heights.set(nodes.heights)
  larger.lefts.set(nodes.lefts)
  larger.rights.set(nodes.rights)
  return larger
}

/** The numbers of the nodes of heights 1, 2, … in turn. */
function byHeight(heights: Uint16Array, heightMax: number): number[][] {
  const lists: number[][] = Array.from({ length: heightMax }, () => [])
  for (let node = 1; node < heights.length; node++) {
    const height = heights[node] as number
    if (height > 0) lists[height - 1]?.push(node)
  }
  return lists
}

/** Gathers the children of nodes of one height, hashes them in one go, and puts the results in their places. */
function hashNodes({ words, lefts, rights }: Nodes, numbers: readonly number[]): void {
  const pairs = new Uint32Array(numbers.length * 2 * wordsPerHash)
  let to = 0
  for (const node of numbers) {
    const left = (lefts[node] as number) * wordsPerHash
    const right = (rights[node] as number) * wordsPerHash
    for (let word = 0; word < wordsPerHash; word++) pairs[to++] = words[left + word] as number
    for (let word = 0; word < wordsPerHash; word++) pairs[to++] = words[right + word] as number
  }
  const hashes = new Uint32Array(numbers.length * wordsPerHash)
  hashPairs(new Uint8Array(pairs.buffer), new Uint8Array(hashes.buffer))
  let from = 0
  for (const node of numbers) {
    const start = node * wordsPerHash
    for (let word = 0; word < wordsPerHash; word++) words[start + word] = hashes[from++] as number
  }
}
