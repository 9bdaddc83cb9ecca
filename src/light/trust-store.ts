import type { TrustedBlock } from './trust.ts'

/** The headers that a light client believes, by height. Owners may keep theirs on disk. */
export interface TrustStore {
  at(height: number): TrustedBlock | undefined
  /** The highest one below a height. */
  below(height: number): TrustedBlock | undefined
  /** The lowest one above a height. */
  above(height: number): TrustedBlock | undefined
  newest(): TrustedBlock | undefined
  add(block: TrustedBlock): void
}

/** Keeps the newest in memory: each can hold two sets of a thousand validators. */
export function createTrustStore(capacity = 64): TrustStore {
  const blocks = new Map<number, TrustedBlock>()
  const rising = (): TrustedBlock[] => [...blocks.values()].sort((left, right) => left.height - right.height)
  return {
    at: (height) => blocks.get(height),
    below: (height) => rising().findLast((block) => block.height < height),
    above: (height) => rising().find((block) => block.height > height),
    newest: () => rising().at(-1),
    add(block) {
      blocks.set(block.height, block)
      const [oldest] = blocks.size > capacity ? rising() : []
      if (oldest) blocks.delete(oldest.height)
    },
  }
}
