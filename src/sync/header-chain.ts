/**
 * What a range of headers must be before its certificate is worth checking: the headers that were asked for, each naming the one before
 * it, all of one validator set. Spec: docs/spec/sync.md, "Ranges".
 */
import { blockHash } from '../chain/header.ts'
import type { HeaderRange } from '../chain/header-message.ts'
import type { Hash } from '../crypto/hash.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'

export interface RangeStart {
  /** Height of the first header. */
  readonly from: number
  /** Hash of the block before it. */
  readonly previousHash: Hash
  /** Of the set that decides the first block. */
  readonly validatorsHash: Hash
}

/** Headers that hang together. Who signed the last is another question. */
export interface LinkedRange extends HeaderRange {
  /** Of each header. */
  readonly hashes: readonly Hash[]
  /** Whether the first header builds on the block it should: if not, the sender lies or the chain has forked before the range. */
  readonly connected: boolean
  /** The validators of the next height are others. */
  readonly changesSet: boolean
}

/** Rejects SYNC_WRONG_HEADERS, SYNC_WRONG_COMMIT. */
export function linkHeaders(range: HeaderRange, start: RangeStart, count: number): Result<LinkedRange> {
  const { headers, commit } = range
  if (headers.length > count) return reject('SYNC_WRONG_HEADERS', `${headers.length} for ${count}`)
  const hashes: Hash[] = []
  for (const [index, header] of headers.entries()) {
    const height = start.from + index
    const before = hashes.at(-1)
    if (header.height !== height) return wrong(height, 'another height')
    if (before && !bytesEqual(header.previousHash, before)) return wrong(height, 'another parent')
    if (!bytesEqual(header.validatorsHash, start.validatorsHash)) return wrong(height, 'other validators')
    if (index < headers.length - 1 && !bytesEqual(header.nextValidatorsHash, start.validatorsHash))
      return wrong(height, 'the range goes on past a change of validators')
    hashes.push(blockHash(header))
  }
  const first = headers[0]
  const last = headers.at(-1)
  const end = hashes.at(-1)
  if (!first || !last || !end) return wrong(start.from, 'no header')
  if (commit.height !== last.height || !bytesEqual(commit.blockHash, end))
    return reject('SYNC_WRONG_COMMIT', `at height ${last.height}`)
  const connected = bytesEqual(first.previousHash, start.previousHash)
  return ok({ headers, commit, hashes, connected, changesSet: !bytesEqual(last.nextValidatorsHash, start.validatorsHash) })
}

function wrong(height: number, why: string) {
  return reject('SYNC_WRONG_HEADERS', `height ${height}: ${why}`)
}
