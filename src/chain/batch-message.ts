import { bytes, list, struct, variant } from '../codec/schema.ts'
import { hash } from './identifiers.ts'
import { batchBytesMax } from './limits.ts'

/** What travels on the batches channel. */
export const batchMessageSchema = variant('BatchMessage', {
  /** An encoded batch, pushed once by the node that packed it. */
  push: { tag: 1, schema: struct('Push', { encoded: bytes({ min: 1, max: batchBytesMax }) }) },
  /** Batches the sender holds: who lacks one and is not being sent it asks for it. */
  announce: { tag: 2, schema: struct('Announce', { hashes: list(hash, { min: 1, max: 256 }) }) },
})

/** Asks for batches by hash; the answer's parts are the encoded batches the other side holds. */
export const batchRequestSchema = struct('BatchRequest', { hashes: list(hash, { min: 1, max: 64 }) })
