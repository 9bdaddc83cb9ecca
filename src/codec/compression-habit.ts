/** Whether compression helps on a channel, learnt by trying: what does not help is left alone for a while, and longer each time. */
export interface CompressionHabit {
  /** To be asked once a message. */
  isWorthTrying(): boolean
  tried(hasHelped: boolean): void
}

/** Failures in a row after which the trying stops, and the messages that pass without it, doubled each time up to the most. */
const failuresMax = 4
const restFirst = 32
const restMost = 4_096

export function createCompressionHabit(): CompressionHabit {
  let failures = 0
  let resting = 0
  let rest = restFirst
  return {
    isWorthTrying() {
      if (resting === 0) return true
      resting -= 1
      return false
    },
    tried(hasHelped) {
      if (hasHelped) [failures, rest] = [0, restFirst]
      else failures += 1
      if (failures < failuresMax) return
      // One more failure is enough next time.
      failures = failuresMax - 1
      resting = rest
      rest = Math.min(restMost, rest * 2)
    },
  }
}
