import { type Application, transactionResultSchema } from '../application/application.ts'
import { transactionId } from '../chain/block.ts'
import type { Hash } from '../crypto/hash.ts'
import { inclusionProof } from '../crypto/merkle.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { type Result, reject } from '../primitives/result.ts'
import type { Chain } from './chain.ts'
import type { IncludedTransaction, ProvenValue } from './synod-node.ts'
import { decodeOwn } from './system-state.ts'

/** What a node can tell of its final history and state, each answer with the proof that makes it worth something. */
export function findTransaction(chain: Chain, id: Hash): IncludedTransaction | undefined {
  const location = chain.blocks.locate(id)
  const final = location && chain.blocks.read(location.height)
  if (!final) return undefined
  const { height, index } = location
  const { transactions } = final.block
  return {
    encoded: transactions[index] as Bytes,
    height,
    index,
    result: decodeOwn(transactionResultSchema, final.results[index] as Bytes),
    proof: inclusionProof(transactions.map(transactionId), index),
    resultProof: inclusionProof(final.results, index),
  }
}

export function proveState(chain: Chain, key: Bytes): ProvenValue {
  const { height } = chain.tip()
  return { height, value: chain.state.reader().get(key), proof: chain.state.prove(key) }
}

export function queryApplication(application: Application, chain: Chain, path: string, data: Bytes): Result<Bytes> {
  if (!application.query) return reject('QUERY_UNKNOWN', `application ${application.name} answers no queries`)
  return application.query(path, data, chain.state.reader())
}
