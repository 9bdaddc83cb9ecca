import type { Store } from '../ports/store.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { blockKeysBelow } from './block-store.ts'
import type { Chain } from './chain.ts'

/** Lets old snapshots go, and gives back the space of what was pruned, beside the node's work. */
export interface DiskKeeper {
  onFinal(): void
  /** Resolves when nothing is under way. */
  stop(): Promise<void>
}

/** Pruned blocks after which their space is given back. */
const blocksPerCompaction = 1_000

export function createDiskKeeper(options: {
  chain: Chain
  store: Store
  telemetry: Telemetry
  /** How many snapshots stay. */
  snapshotsKept: number
  onFailure: (error: unknown) => void
}): DiskKeeper {
  const { chain, store, snapshotsKept } = options
  let compactedAt = chain.blocks.oldest
  let working = false
  let stopped = false
  let work: Promise<void> = Promise.resolve()

  async function keep(): Promise<void> {
    const over = chain.state.pinned().slice(0, -snapshotsKept || undefined)
    for (const version of over) {
      if (stopped) return
      await chain.state.unpin(version)
    }
    const { oldest } = chain.blocks
    if (oldest - compactedAt < blocksPerCompaction || stopped) return
    compactedAt = oldest
    await store.compact?.(...blockKeysBelow(oldest))
  }

  return {
    onFinal() {
      if (working || stopped) return
      working = true
      work = keep()
        .catch(options.onFailure)
        .finally(() => {
          working = false
        })
    },
    stop() {
      stopped = true
      return work
    },
  }
}
