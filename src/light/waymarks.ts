/**
 * Where a way up best goes by: the last heights of validators who make way for others. A header there is signed by validators whom the
 * header before has named, and names those of the next in turn, so that the step to it needs no proof of possession. The provider tells
 * these heights and is believed in nothing: what is false makes the way longer, and no other.
 */
import type { ChainId } from '../chain/identifiers.ts'
import type { Result } from '../primitives/result.ts'
import { type ConsistentBlock, changesMax } from './light-block.ts'
import { fetchBlock, type LightProvider } from './provider.ts'

export interface Waymarks {
  /** The changes strictly between two heights; `undefined` where not all of them are known. */
  between(low: number, high: number): Promise<readonly number[] | undefined>
  /** The block of a height, and meanwhile those of the marks that come after another. */
  fetch(height: number, after: number): Promise<Result<ConsistentBlock>>
  /** They are false, or their blocks are not to be had: nothing more is made of them. */
  forget(): void
}

/** So many blocks are asked for at once. */
const ahead = 8

/** For one way up from a height. One question is asked for it, when an answer is first of use. */
export function createWaymarks(provider: LightProvider, chainId: ChainId, from: number): Waymarks {
  let asked: Promise<readonly number[]> | undefined
  let known: readonly number[] = []
  let isForgotten = false
  const fetching = new Map<number, Promise<Result<ConsistentBlock>>>()

  function ask(): Promise<readonly number[]> {
    asked ??= (provider.changes?.(from) ?? Promise.resolve([])).then((heights) => (known = inOrder(heights, from)))
    return asked
  }

  function fetchOnce(height: number): Promise<Result<ConsistentBlock>> {
    const fetched = fetching.get(height) ?? fetchBlock(provider, chainId, height)
    fetching.set(height, fetched)
    return fetched
  }

  return {
    async between(low, high) {
      const heights = isForgotten ? [] : await ask()
      const isCut = heights.length === changesMax && high > (heights.at(-1) as number)
      return isForgotten || isCut ? undefined : heights.filter((height) => height > low && height < high)
    },
    async fetch(height, after) {
      if (isForgotten) return fetchBlock(provider, chainId, height)
      for (const mark of known.filter((known) => known > after && known < height).slice(0, ahead)) void fetchOnce(mark)
      const fetched = await fetchOnce(height)
      fetching.delete(height)
      return fetched
    },
    forget() {
      isForgotten = true
      fetching.clear()
    },
  }
}

function inOrder(heights: readonly number[], from: number): readonly number[] {
  const isRising = heights.every((height, index) => height > (heights[index - 1] ?? from))
  return isRising ? heights.slice(0, changesMax) : []
}
