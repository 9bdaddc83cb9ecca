import type { Clock, Timer } from '../../ports/clock.ts'
import { assert } from '../../primitives/assert.ts'

/** The machine's clock. */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(delayMs, callback) {
      assert(delayMs >= 0, 'a timer does not go off in the past')
      return scheduleAt(performance.now() + delayMs, callback)
    },
  }
}

/** Node fires a timer beyond this at once instead of late. */
const timeoutMsMax = 0x7fff_ffff

function scheduleAt(at: number, callback: () => void): Timer {
  let handle: NodeJS.Timeout
  const arm = () => {
    const delayMs = at - performance.now()
    handle = delayMs > timeoutMsMax ? setTimeout(arm, timeoutMsMax) : setTimeout(callback, Math.max(0, delayMs))
  }
  arm()
  return { cancel: () => clearTimeout(handle) }
}
