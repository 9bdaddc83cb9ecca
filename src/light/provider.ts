import type { ChainId } from '../chain/identifiers.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { type ConsistentBlock, type LightBlock, readLightBlock } from './light-block.ts'

/** Somebody who serves light blocks and is believed in nothing: a node's API, a peer. */
export interface LightProvider {
  /** For people. */
  readonly name: string
  /** Never throws. LIGHT_NOT_HELD when it has none, does not answer, or answers with something else. */
  lightBlock(height: number | 'latest'): Promise<Result<LightBlock>>
  /**
   * Heights above this one after which other validators decide, rising, the first `changesMax` of them: where it is best to go by. Never
   * throws. Absent, empty or false: the way is longer, and no other.
   */
  changes?(height: number): Promise<readonly number[]>
}

/** The light block of a height, its parts belonging together. */
export async function fetchBlock(
  provider: LightProvider,
  chainId: ChainId,
  height: number | 'latest',
): Promise<Result<ConsistentBlock>> {
  const answer = await provider.lightBlock(height)
  if (!answer.ok) return answer
  const read = readLightBlock(chainId, answer.value)
  if (!read.ok || height === 'latest' || read.value.header.height === height) return read
  return reject('LIGHT_WRONG_HEIGHT', `asked for ${height}, got ${read.value.header.height}`)
}

/** The same below a trusted header, which names it: no signature is needed. */
export async function fetchNamed(
  provider: LightProvider,
  chainId: ChainId,
  { header }: ConsistentBlock,
): Promise<Result<ConsistentBlock>> {
  const fetched = await fetchBlock(provider, chainId, header.height - 1)
  if (!fetched.ok) return fetched
  const named = bytesEqual(fetched.value.hash, header.previousHash)
  return named ? ok(fetched.value) : reject('BLOCK_WRONG_PARENT', `height ${header.height}`)
}
