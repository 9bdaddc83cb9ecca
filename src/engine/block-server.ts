import { blockRequestSchema, certifiedBlockSchema } from '../chain/block-message.ts'
import { type HeaderRange, headerRangeSchema, headersRequestSchema } from '../chain/header-message.ts'
import { decode, encode } from '../codec/codec.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import type { FinalHeader } from './block-store.ts'
import type { Chain } from './chain.ts'
import { requestRejected } from './request-rejection.ts'

/**
 * Final blocks for a peer that is behind, each read when the one before it has been taken. Ends where this node's chain does; a request
 * that cannot be read is refused by throwing.
 */
export function* serveBlocks(chain: Chain, request: Bytes): Generator<Bytes> {
  const decoded = decode(blockRequestSchema, request)
  if (!decoded.ok) throw requestRejected(decoded.error)
  const { from, count } = decoded.value
  for (let height = Math.max(1, from); height < from + count && height <= chain.tip().height; height++) {
    const final = chain.blocks.read(height)
    if (!final) return
    yield encode(certifiedBlockSchema, { block: final.block, commit: final.commit })
  }
}

/** The headers asked for, as far as they are here and of one validator set, with the certificate of the last. */
export function* serveHeaders(chain: Chain, request: Bytes): Generator<Bytes> {
  const decoded = decode(headersRequestSchema, request)
  if (!decoded.ok) throw requestRejected(decoded.error)
  const range = readRange(chain, decoded.value.from, decoded.value.count)
  if (range) yield encode(headerRangeSchema, range)
}

function readRange(chain: Chain, from: number, count: number): HeaderRange | undefined {
  const headers: FinalHeader['header'][] = []
  let last: FinalHeader | undefined
  for (let height = from; headers.length < count && height >= 1 && height <= chain.tip().height; height++) {
    const final = chain.blocks.header(height)
    if (!final) break
    last = final
    headers.push(final.header)
    if (!bytesEqual(final.header.validatorsHash, final.header.nextValidatorsHash)) break
  }
  return last && { headers, commit: last.commit }
}
