/**
 * Against whoever watches the encrypted bytes of a link (docs/spec/network.md, "Cover"): padding to a few sizes, random delays, and
 * padding sent on idle links as if there were something to say. All of it is off unless the operator asks for it.
 */
import { randomInt } from 'node:crypto'
import { coverSizes } from './limits.ts'

export interface CoverSettings {
  /** Whether writes to peers that know padding are filled up. */
  readonly padding: boolean
  /** The most that a message waits before it is sent, a random while each time; 0: none does. */
  readonly sendDelayMaxMs: number
  /** Whether consensus messages and evidence wait too. */
  readonly delaysConsensus: boolean
  /** Padding sent to each peer on an idle link; 0: none. */
  readonly bytesPerSecond: number
}

/** What is done on one stream. */
export interface StreamCover {
  readonly isPadded: () => boolean
  /** How long what was queued waits. Absent: not at all. */
  readonly delayMs?: () => number
}

/** By kind of stream; nothing for those on which nothing is done. */
export interface LinkCover {
  readonly control: { readonly cover?: StreamCover }
  readonly votes: { readonly cover?: StreamCover }
  readonly bulk: { readonly cover?: StreamCover }
}

/** @param knowsPadding whether the peer has said so. */
export function createLinkCover(settings: CoverSettings | undefined, knowsPadding: () => boolean): LinkCover {
  if (settings === undefined) return { control: {}, votes: {}, bulk: {} }
  const { padding, sendDelayMaxMs, delaysConsensus } = settings
  const isPadded = padding ? knowsPadding : () => false
  const delayMs = () => randomInt(sendDelayMaxMs + 1)
  const of = (isDelayed: boolean) => {
    const waits = isDelayed && sendDelayMaxMs > 0
    return padding || waits ? { cover: { isPadded, ...(waits && { delayMs }) } } : {}
  }
  // Pings measure, and acknowledgements pace: neither may wait.
  return { control: of(false), votes: of(delaysConsensus), bulk: of(true) }
}

export interface CoverTraffic {
  readonly bytesPerSecond: number
  /** Bytes of everything sent to the peer so far. */
  readonly sentBytes: () => number
  readonly send: (bytes: number) => void
}

/** Sends padding at random intervals, unless more was sent in the interval before. Returns how it ends. */
export function startCoverTraffic({ bytesPerSecond, sentBytes, send }: CoverTraffic): () => void {
  const meanBytes = coverSizes.reduce((sum, size) => sum + size, 0) / coverSizes.length
  const meanMs = (1_000 * meanBytes) / bytesPerSecond
  let timer: NodeJS.Timeout | undefined
  let sentBefore = sentBytes()

  function wait(): void {
    timer = setTimeout(turn, exponential(meanMs)).unref()
  }

  function turn(): void {
    const size = coverSizes[randomInt(coverSizes.length)] as number
    if (sentBytes() - sentBefore < size) send(size)
    sentBefore = sentBytes()
    wait()
  }

  wait()
  return () => clearTimeout(timer)
}

/** Intervals so distributed tell an observer nothing of the next. */
function exponential(mean: number): number {
  const steps = 2 ** 32
  return -mean * Math.log((randomInt(steps) + 1) / steps)
}
