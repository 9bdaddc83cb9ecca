/**
 * What messages of one chain have in common before anything is known of them: the same bytes on every node, made of the chain id and of
 * the layouts of a transfer and of a header. Dictionaries of raw content (RFC 8878, section 5), for messages too short to find all that
 * in themselves.
 */
import { encode } from '../codec/codec.ts'
import { type Bytes, concatBytes } from '../primitives/bytes.ts'
import { type Header, headerSchema } from './header.ts'
import type { ChainId } from './identifiers.ts'
import { type Transaction, transactionSchema } from './transaction.ts'

export interface CompressionDictionaries {
  readonly batches: Bytes
  readonly blocks: Bytes
}

export function compressionDictionaries(chainId: ChainId): CompressionDictionaries {
  const transfer = encode(transactionSchema, sampleTransfer(chainId))
  return { batches: transfer, blocks: concatBytes(transfer, encode(headerSchema, sampleHeader(chainId))) }
}

function sampleTransfer(chainId: ChainId): Transaction {
  return {
    chainId,
    sender: new Uint8Array(32),
    nonce: 1,
    fee: 1_000n,
    expiryHeight: 1_000,
    operations: [{ type: 'transfer', to: new Uint8Array(20), amount: 1_000_000_000n, memo: new Uint8Array(0) }],
    signature: new Uint8Array(64),
  }
}

function sampleHeader(chainId: ChainId): Header {
  const zero = new Uint8Array(32)
  return {
    version: 1,
    chainId,
    height: 1_000,
    time: 1_700_000_000_000,
    previousHash: zero,
    previousCommitHash: zero,
    transactionsRoot: zero,
    validatorsHash: zero,
    nextValidatorsHash: zero,
    parametersHash: zero,
    appHash: zero,
    resultsHash: zero,
    evidenceHash: zero,
    orderHash: zero,
    proposer: new Uint8Array(48),
  }
}
