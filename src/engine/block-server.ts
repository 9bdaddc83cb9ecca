import { blockRequestSchema, certifiedBlockSchema } from '../chain/block-message.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Bytes } from '../primitives/bytes.ts'
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
