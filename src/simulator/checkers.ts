import type { Block } from '../chain/block.ts'
import type { Hash } from '../crypto/hash.ts'
import { toHex } from '../primitives/bytes.ts'
import type { NodeEvent } from '../engine/synod-node.ts'

/** What went wrong, where and when: the simulation stops at the first. */
export interface Violation {
  readonly check: 'agreement' | 'validity' | 'app-hash' | 'equivocation' | 'bounded' | 'liveness' | 'crash'
  readonly node: string
  readonly height: number
  readonly detail: string
}

/** Watches honest nodes only: what liars claim about themselves proves nothing. */
export interface Checker {
  /** A node made a block final. `accept` says whether each of its transactions was really submitted by somebody. */
  final(node: string, event: NodeEvent & { type: 'block' }): Violation | undefined
  /** Highest block that any node made final. */
  readonly height: number
  hashAt(height: number): string | undefined
  readonly transactions: number
}

export function createChecker(submitted: (id: Hash) => boolean): Checker {
  const decided = new Map<number, { readonly hash: string; readonly appHash: string; readonly by: string }>()
  const included = new Map<string, number>()
  let height = 0

  /** Nobody made it up, nobody had it twice. */
  function valid(block: Block, ids: readonly Hash[], node: string): Violation | undefined {
    const at = block.header.height
    for (const id of ids) {
      const key = toHex(id)
      if (!submitted(id)) return { check: 'validity', node, height: at, detail: `transaction ${key} was submitted by nobody` }
      const before = included.get(key)
      if (before !== undefined && before !== at) {
        return { check: 'validity', node, height: at, detail: `transaction ${key} stands in block ${before} already` }
      }
      included.set(key, at)
    }
    return undefined
  }

  return {
    final(node, { block, hash, ids }) {
      const at = block.header.height
      const known = decided.get(at)
      const ours = { hash: toHex(hash), appHash: toHex(block.header.appHash), by: node }
      if (!known) decided.set(at, ours)
      height = Math.max(height, at)
      if (known && known.appHash !== ours.appHash) {
        return { check: 'app-hash', node, height: at, detail: `${ours.appHash} here, ${known.appHash} at ${known.by}` }
      }
      if (known && known.hash !== ours.hash) {
        return { check: 'agreement', node, height: at, detail: `${ours.hash} here, ${known.hash} at ${known.by}` }
      }
      return valid(block, ids, node)
    },
    get height() {
      return height
    },
    hashAt: (at) => decided.get(at)?.hash,
    get transactions() {
      return included.size
    },
  }
}
