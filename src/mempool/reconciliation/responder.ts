/**
 * Answers comparisons: what a peer is told of the set of open batches, cell by cell. The set is the one there was when the first cell
 * was asked for, so one comparison of each peer is remembered; who is forgotten has to begin anew.
 */
import { encode } from '../../codec/codec.ts'
import type { Infer } from '../../codec/schema.ts'
import type { Hash } from '../../crypto/hash.ts'
import { createBoundedMap } from '../../primitives/bounded-map.ts'
import { type Bytes, bytesEqual } from '../../primitives/bytes.ts'
import { createEncoder, type Encoder, encodeCells } from './coded-symbols.ts'
import { batchHashesSchema, codedSymbolsSchema, type mempoolRequestSchema, symbolsMax } from './reconciliation-message.ts'
import { makeShortIds, type ShortIds, shortIdBytes, shortIdKey, shortIdKeyOf } from './short-id.ts'

export interface Responder {
  /** Begins the peer's comparison over the set as it is now, in steps; an earlier one of it is over. */
  begin(peer: string, salt: Bytes): Generator<void, void, void>
  /** The answer to `symbols` or `names`; undefined when it belongs to no comparison that is remembered. */
  answer(peer: string, request: Comparing): Bytes | undefined
  forget(peer: string): void
}

type Comparing = Extract<Infer<typeof mempoolRequestSchema>, { type: 'symbols' | 'names' }>

interface Comparison {
  readonly salt: Bytes
  readonly hashes: readonly Hash[]
  readonly ids: ShortIds
  readonly encoder: Encoder
  made: number
}

/** Comparisons under way. Each takes about 60 bytes for every open batch. */
const comparisonsMax = 32

export function createResponder(open: () => readonly Hash[]): Responder {
  const comparisons = createBoundedMap<string, Comparison>(comparisonsMax)

  function* begin(peer: string, given: Bytes): Generator<void, void, void> {
    const [hashes, salt] = [open(), given.slice()]
    comparisons.delete(peer)
    const ids = yield* makeShortIds(salt, hashes)
    comparisons.set(peer, { salt, hashes, ids, encoder: createEncoder(ids), made: 0 })
  }

  function symbols(comparison: Comparison, first: number, count: number): Bytes | undefined {
    if (first !== comparison.made || count === 0 || first + count > symbolsMax) return undefined
    comparison.made += count
    const cells = comparison.encoder.cells(first, first + count)
    return encode(codedSymbolsSchema, { held: comparison.hashes.length, symbols: encodeCells(cells) })
  }

  return {
    begin,
    answer(peer, request) {
      const comparison = comparisons.get(peer)
      if (!comparison || !bytesEqual(comparison.salt, request.salt)) return undefined
      if (request.type === 'symbols') return symbols(comparison, request.first, request.count)
      return encode(batchHashesSchema, { hashes: named(comparison, request.ids) })
    },
    forget: (peer) => void comparisons.delete(peer),
  }
}

function named({ hashes, ids }: Comparison, encoded: Bytes): readonly Hash[] {
  const wanted = new Set<number>()
  for (let start = 0; start + shortIdBytes <= encoded.length; start += shortIdBytes) {
    wanted.add(shortIdKeyOf(encoded.subarray(start, start + shortIdBytes)))
  }
  return hashes.filter((_, index) => wanted.has(shortIdKey(ids.low[index] as number, ids.high[index] as number)))
}
