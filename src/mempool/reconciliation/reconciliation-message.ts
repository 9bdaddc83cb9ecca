import { hash } from '../../chain/identifiers.ts'
import { bytes, list, struct, uint, variant } from '../../codec/schema.ts'
import { symbolBytes } from './coded-symbols.ts'
import { saltBytes, shortIdBytes } from './short-id.ts'

/** Cells, ids and hashes in one message, and cells of one comparison: with more difference than these can tell, a list is cheaper. */
export const symbolsPerMessageMax = 1024
export const namesPerMessageMax = 1024
export const symbolsMax = 8192

const salt = bytes({ min: saltBytes, max: saltBytes })

/** What a `mempool` request asks for. All of one comparison have one salt, drawn by who asks. */
export const mempoolRequestSchema = variant('MempoolRequest', {
  /** Cells `first` to `first + count` of the set of open batches as it was when cell 0 was asked for; answered by `CodedSymbols`. */
  symbols: {
    tag: 1,
    schema: struct('SymbolsRequest', {
      salt,
      first: uint({ max: symbolsMax }),
      count: uint({ max: symbolsPerMessageMax }),
    }),
  },
  /** The hashes behind short ids, eight bytes each; answered by `BatchHashes`. */
  names: {
    tag: 2,
    schema: struct('NamesRequest', { salt, ids: bytes({ min: shortIdBytes, max: shortIdBytes * namesPerMessageMax }) }),
  },
  /** The hashes of all open batches; answered by any number of `BatchHashes`. */
  open: { tag: 3, schema: struct('OpenRequest', {}) },
})

export const codedSymbolsSchema = struct('CodedSymbols', {
  /** How many batches the set holds. */
  held: uint(),
  /** Fourteen bytes each: exclusive-or of short ids, of their checks, and the number of items modulo 2¹⁶. */
  symbols: bytes({ min: symbolBytes, max: symbolBytes * symbolsPerMessageMax }),
})

export const batchHashesSchema = struct('BatchHashes', { hashes: list(hash, { max: namesPerMessageMax }) })
