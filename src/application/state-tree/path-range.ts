import { hashBytes } from '../../crypto/hash.ts'
import { type Bytes, compareBytes } from '../../primitives/bytes.ts'

/** Paths from `from` up to, but not including, `to`; without `to`, up to the end. */
export interface PathRange {
  readonly from: Bytes
  readonly to: Bytes | undefined
}

export function contains({ from, to }: PathRange, path: Bytes): boolean {
  return compareBytes(path, from) >= 0 && (!to || compareBytes(path, to) < 0)
}

/** The place of a node: the first `depth` bits of `path`, the others being zero. */
export interface Prefix {
  readonly path: Bytes
  readonly depth: number
}

export const wholeTree: Prefix = { path: new Uint8Array(hashBytes), depth: 0 }

export function childPrefix(prefix: Prefix, bit: 0 | 1): Prefix {
  const depth = prefix.depth + 1
  if (bit === 0) return { path: prefix.path, depth }
  const path = prefix.path.slice()
  path[prefix.depth >> 3] = (path[prefix.depth >> 3] as number) | (0x80 >> (prefix.depth & 7))
  return { path, depth }
}

/** Whether all paths below a node lie in the range, none does, or an end of the range runs through them. */
export function positionOf(prefix: Prefix, range: PathRange): 'inside' | 'outside' | 'across' {
  const last = lastPath(prefix)
  if (compareBytes(last, range.from) < 0 || (range.to && compareBytes(prefix.path, range.to) >= 0)) return 'outside'
  const inside = compareBytes(prefix.path, range.from) >= 0 && (!range.to || compareBytes(last, range.to) < 0)
  return inside ? 'inside' : 'across'
}

function lastPath(prefix: Prefix): Bytes {
  const path = prefix.path.slice()
  const byte = prefix.depth >> 3
  if (byte === hashBytes) return path
  path[byte] = (path[byte] as number) | (0xff >> (prefix.depth & 7))
  return path.fill(0xff, byte + 1)
}
