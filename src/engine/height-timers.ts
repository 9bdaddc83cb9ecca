import type { ConsensusTimer } from '../consensus/tendermint/input.ts'
import type { Clock, Timer } from '../ports/clock.ts'

/** The timers of the height in progress: at most one of a kind and round runs, and none outlives its height. */
export interface HeightTimers {
  set(timer: ConsensusTimer, delayMs: number): void
  clear(): void
}

export function createHeightTimers(clock: Clock, onFired: (timer: ConsensusTimer) => void): HeightTimers {
  const running = new Map<string, Timer>()
  return {
    set(timer, delayMs) {
      const key = `${timer.kind} ${timer.round}`
      running.get(key)?.cancel()
      const fire = (): void => {
        running.delete(key)
        onFired(timer)
      }
      running.set(key, clock.schedule(delayMs, fire))
    },
    clear() {
      for (const timer of running.values()) timer.cancel()
      running.clear()
    },
  }
}
