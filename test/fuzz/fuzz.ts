/** Feeds one decoder with random frames and with mutants of those that led somewhere new, and stops at the first that it cannot bear. */
import { setImmediate } from 'node:timers/promises'
import type { Coverage } from './coverage.ts'
import { type Choose, mutate, randomBytes } from './mutate.ts'

/** A decoder under test. */
export interface Target {
  readonly name: string
  /** Longest frame worth trying. */
  readonly bytesMax: number
  /** Frames in one input, where it holds several: as many fewer inputs are tried. */
  readonly framesPerInput?: number
  /** Frames to begin with, some of which the decoder accepts. */
  readonly seeds: readonly Uint8Array[]
  /** Throws when the decoder does, or when what it made of the frame breaks a promise. */
  readonly run: (frame: Uint8Array) => void
}

export interface FuzzReport {
  readonly frames: number
  readonly edges: number
  /** Frames that went ways which no earlier one had gone, in the order found. */
  readonly corpus: readonly Uint8Array[]
  readonly failure?: { readonly frame: Uint8Array; readonly error: unknown }
}

const corpusMax = 2_000
/** Frames after which what they began asynchronously may end. */
const settleEvery = 256
/** One frame in so many is random from its first byte to its last. */
const randomEvery = 16

export async function fuzz(
  target: Target,
  coverage: Coverage,
  { frames, choose }: { frames: number; choose: Choose },
): Promise<FuzzReport> {
  const corpus: Uint8Array[] = []
  coverage.reset()
  const report = (count: number) => ({ frames: count, edges: coverage.edges, corpus })

  /** @returns the error it met, in a list: a decoder may throw anything, `undefined` too. */
  function attempt(frame: Uint8Array): readonly [unknown] | undefined {
    coverage.begin()
    try {
      target.run(frame)
    } catch (error) {
      return [error]
    }
    if (coverage.end() && corpus.length < corpusMax) corpus.push(frame)
    return undefined
  }

  const queue = target.seeds.map((seed) => seed.slice(0, target.bytesMax))
  for (let count = 0; count < frames; count++) {
    const frame = queue.pop() ?? nextFrame(corpus, target.bytesMax, choose)
    const thrown = attempt(frame)
    if (thrown) return { ...report(count + 1), failure: { frame, error: thrown[0] } }
    // What a frame set going goes on, and may fail, while nothing else runs.
    if (count % settleEvery === 0) await setImmediate()
  }
  return report(frames)
}

function nextFrame(corpus: readonly Uint8Array[], bytesMax: number, choose: Choose): Uint8Array {
  if (corpus.length === 0 || choose(randomEvery) === 0) return randomBytes(choose(Math.min(bytesMax, 128) + 1), choose)
  // What was found last has been tried least.
  const recent = Math.max(0, corpus.length - 16)
  const index = choose(4) === 0 ? recent + choose(corpus.length - recent) : choose(corpus.length)
  return mutate(corpus[index] as Uint8Array, choose, corpus[choose(corpus.length)] as Uint8Array, bytesMax)
}
