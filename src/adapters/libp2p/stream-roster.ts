/**
 * The request streams this node has opened, over all its peers. They are kept, since reuse is what makes requests cheap, but with
 * thousands of peers most lie idle: beyond a number, the least recently used of the idle ones are closed, and opened again on demand.
 */
export interface StreamRoster {
  /** A stream has been opened. */
  enter(stream: RosterStream): RosterPlace
}

export interface RosterStream {
  /** No request is in flight, and nothing waits to be sent. */
  isIdle(): boolean
  close(): void
}

export interface RosterPlace {
  /** It is in use now, or has just been. */
  touch(): void
  /** It has ended. */
  leave(): void
}

export interface StreamRosterOptions {
  /** Streams beyond which idle ones are closed. Those in use stay: the number in use is bounded by that of peers. */
  readonly streamsMax: number
  /** How long a stream stays at least, so that a peer is not made to open and close for ever. */
  readonly holdMs: number
}

export function createStreamRoster({ streamsMax, holdMs }: StreamRosterOptions): StreamRoster {
  /** By latest use, the least recent first, with the time of opening. */
  const streams = new Map<RosterStream, number>()
  let isWaiting = false

  function shrink(): void {
    if (streams.size <= streamsMax) return
    const openedBefore = performance.now() - holdMs
    for (const [stream, openedAt] of streams) {
      if (streams.size <= streamsMax) return
      if (openedAt > openedBefore || !stream.isIdle()) continue
      streams.delete(stream)
      stream.close()
    }
    if (streams.size > streamsMax) wait()
  }

  /** Those that could not be closed yet are looked at again, even when nothing more is asked of anybody. */
  function wait(): void {
    if (isWaiting) return
    isWaiting = true
    const look = () => {
      isWaiting = false
      shrink()
    }
    setTimeout(look, Math.max(holdMs, retryMs)).unref()
  }

  return {
    enter(stream) {
      streams.set(stream, performance.now())
      shrink()
      return {
        touch() {
          const openedAt = streams.get(stream)
          if (openedAt === undefined) return
          streams.delete(stream)
          streams.set(stream, openedAt)
        },
        leave: () => void streams.delete(stream),
      }
    },
  }
}

/** Between two looks at streams that are all in use. */
const retryMs = 100
