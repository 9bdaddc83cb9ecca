import { outlineDepthMax } from '../application/state-tree/outline.ts'
import { hashBytes } from '../crypto/hash.ts'
import type { Bytes } from '../primitives/bytes.ts'

/** Entries in a chunk, about: some hundred kilobytes, and a few milliseconds of hashing at either side. */
const chunkEntries = 4096
/** The state tree's pages begin at multiples of so many levels: there a chunk changes few pages beside its own. */
const levelsPerPage = 4

/**
 * At which depth to divide a state of so many entries: into 2^depth chunks, in each of which all paths begin alike. Paths are hashes, so
 * the chunks are of one size; their number is bounded whatever a peer says of the entries.
 */
export function depthFor(entries: number): number {
  let depth = 0
  while (depth < outlineDepthMax && entries > chunkEntries * 2 ** depth) depth += levelsPerPage
  return depth
}

/** The first path of a chunk, and the first after it; none after the last. */
export function chunkBounds(depth: number, chunk: number): { readonly from: Bytes; readonly until: Bytes | undefined } {
  const last = chunk === 2 ** depth - 1
  return { from: prefixPath(depth, chunk), until: last ? undefined : prefixPath(depth, chunk + 1) }
}

function prefixPath(depth: number, chunk: number): Bytes {
  const path = new Uint8Array(hashBytes)
  const bits = chunk * 2 ** (16 - depth)
  path[0] = bits >> 8
  path[1] = bits & 0xff
  return path
}
