import { followEvents } from '../../client/follow-events.ts'
import type { EventView } from '../../client/views.ts'

export type BlockEvent = EventView & { readonly type: 'block' }

/** Hears of every final block once, from whichever node says so first, while nodes come and go. */
export interface NetworkObserver {
  readonly height: number
  /** A node is (again) expected to answer at this address. */
  follow(url: string): void
  stop(): void
}

const retryMs = 50

export function createNetworkObserver(onBlock: (block: BlockEvent, atMs: number) => void): NetworkObserver {
  const abort = new AbortController()
  const following = new Set<string>()
  let height = 0

  async function follow(url: string): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        for await (const event of followEvents(url, abort.signal)) {
          if (event.type !== 'block' || event.height <= height) continue
          height = event.height
          onBlock(event, performance.now())
        }
      } catch {
        // Not listening yet, or killed: it is asked again until the observer stops.
      }
      await new Promise((resume) => setTimeout(resume, retryMs))
    }
  }

  return {
    get height() {
      return height
    },
    follow(url) {
      if (following.has(url)) return
      following.add(url)
      void follow(url)
    },
    stop: () => abort.abort(),
  }
}
