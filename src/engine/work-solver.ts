import type { Hash } from '../crypto/hash.ts'
import { searchSolution } from '../peers/work-challenge.ts'
import type { Clock } from '../ports/clock.ts'
import type { Entropy } from '../ports/entropy.ts'
import { OperationalError } from '../primitives/operational-error.ts'

/** Does the work that others ask for, a little at a time. */
export interface WorkSolver {
  /** The counter that solves the puzzle. Rejects with DIAL_FAILED when the time is over. */
  solve(puzzle: Hash, work: number, withinMs: number): Promise<bigint>
}

/** A vote waits for no longer than one slice. */
const sliceMs = 4
/** Between slices, however many ask: work for others takes a fifth of the loop at most. */
const restMs = 16
const triesAtOnce = 256
/** Of a slice; also where the clock stands still meanwhile, as it does in the simulator. */
const triesMax = 4096

export function createWorkSolver({ clock, entropy }: { readonly clock: Clock; readonly entropy: Entropy }): WorkSolver {
  /** One puzzle after another: several at once would be several slices at once. */
  let previous: Promise<unknown> = Promise.resolve()

  /** Begins anywhere, so that no two proofs are alike, and half the counters are left to go through. */
  function start(): bigint {
    const bytes = entropy.bytes(8)
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) >> 1n
  }

  function search(puzzle: Hash, work: number, deadline: number): Promise<bigint> {
    let counter = start()
    return new Promise((resolve, reject) => {
      function slice(): void {
        const until = clock.monotonic() + sliceMs
        if (until > deadline) return reject(new OperationalError('DIAL_FAILED', 'The work asked for takes too long.'))
        for (let tries = 0; tries < triesMax && clock.monotonic() < until; tries += triesAtOnce) {
          const found = searchSolution(puzzle, work, counter, triesAtOnce)
          if (found !== undefined) return resolve(found)
          counter += BigInt(triesAtOnce)
        }
        clock.schedule(restMs, slice)
      }
      slice()
    })
  }

  return {
    solve(puzzle, work, withinMs) {
      const deadline = clock.monotonic() + withinMs
      const solution = previous.then(() => search(puzzle, work, deadline))
      previous = solution.catch(() => undefined)
      return solution
    },
  }
}
