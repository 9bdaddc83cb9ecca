import { encode } from '../codec/codec.ts'
import { type Infer, struct, uint } from '../codec/schema.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { consensusKey, hash } from './identifiers.ts'

/** Everything a light client needs to know of a block. Its hash is the block's hash. */
export const headerSchema = struct('Header', {
  version: uint({ max: 0xffff }),
  chainId: hash,
  /** The first block has height 1; its previous hash is the chain id. */
  height: uint(),
  /** Proposer's clock, milliseconds since the Unix epoch. */
  time: uint(),
  previousHash: hash,
  /** Hash of the commit of the previous block, which stands in this block; zero at height 1. */
  previousCommitHash: hash,
  /** RFC 6962 root over the transactions' ids in execution order. */
  transactionsRoot: hash,
  validatorsHash: hash,
  nextValidatorsHash: hash,
  parametersHash: hash,
  /** State root after executing this very block. */
  appHash: hash,
  /** RFC 6962 root over the encoded results, one a transaction. */
  resultsHash: hash,
  evidenceHash: hash,
  /** Hash of the order in which the block was proposed: so the block hash binds all of the proposed block, and no relayer can alter it. */
  orderHash: hash,
  /** Who built the block first; a re-proposal keeps it. */
  proposer: consensusKey,
})
export type Header = Infer<typeof headerSchema>

export function blockHash(header: Header): Hash {
  return taggedHash('synod/block', encode(headerSchema, header))
}
