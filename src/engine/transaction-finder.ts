import { transactionResultSchema } from '../application/application.ts'
import { transactionId } from '../chain/block.ts'
import type { Hash } from '../crypto/hash.ts'
import { inclusionProof } from '../crypto/merkle.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { FinalBlock } from './block-store.ts'
import type { Chain } from './chain.ts'
import type { IncludedTransaction } from './synod-node.ts'
import { decodeOwn } from './system-state.ts'

/** Decoded blocks kept for the next question. Who asks for one transaction of a block often asks for others, and each costs a whole block. */
const blocksKept = 4

/** Finds final transactions, with the proofs that make the answer worth something. */
export function createTransactionFinder(chain: Chain): (id: Hash) => IncludedTransaction | undefined {
  const recent = createBoundedMap<number, { readonly final: FinalBlock; readonly ids: readonly Hash[] }>(blocksKept)

  function blockAt(height: number) {
    const known = recent.get(height)
    if (known) return known
    const final = chain.blocks.read(height)
    const read = final && { final, ids: final.block.transactions.map(transactionId) }
    if (read) recent.set(height, read)
    return read
  }

  return (id) => {
    const location = chain.blocks.locate(id)
    const found = location && blockAt(location.height)
    if (!found) return undefined
    const { height, index } = location
    const { final, ids } = found
    return {
      encoded: final.block.transactions[index] as Bytes,
      height,
      index,
      result: decodeOwn(transactionResultSchema, final.results[index] as Bytes),
      proof: inclusionProof(ids, index),
      resultProof: inclusionProof(final.results, index),
    }
  }
}
