import { AsyncLocalStorage } from 'node:async_hooks'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers'
import timersPromises from 'node:timers/promises'

/**
 * Puts the machine's time and chance out of reach of whatever runs inside a simulation: a use throws, and says what to use instead. What
 * else runs in the process, such as the test runner's own timers, keeps them. Restored when the last simulation has ended.
 */
export async function withPoisonedGlobals<T>(work: () => Promise<T>): Promise<T> {
  if (simulations++ === 0) restore = poison()
  try {
    return await inside.run(true, work)
  } finally {
    if (--simulations === 0) restore()
  }
}

const inside = new AsyncLocalStorage<true>()
let simulations = 0
let restore: () => void = () => undefined

const time = 'Use the time of the block, which executeBlock and initChain are given.'
const chance = 'Every node must come to the same result: derive what must look random from the block or the transaction.'
const waiting = 'An application answers at once, without waiting; what is due later belongs into its state.'

/** What is poisoned: the object, its functions, and what to use instead. */
const poisoned: readonly (readonly [object: object, prefix: string, names: readonly string[], instead: string])[] = [
  [Math, 'Math.', ['random'], chance],
  [performance, 'performance.', ['now'], time],
  [process, 'process.', ['hrtime', 'uptime'], time],
  [globalThis, '', ['setTimeout', 'setInterval', 'setImmediate'], waiting],
  [timers, 'timers.', ['setTimeout', 'setInterval', 'setImmediate'], waiting],
  [timersPromises, 'timers/promises.', ['setTimeout', 'setInterval', 'setImmediate'], waiting],
  [globalThis.crypto, 'crypto.', ['getRandomValues', 'randomUUID'], chance],
  [crypto, 'crypto.', ['randomBytes', 'pseudoRandomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID'], chance],
]

function poison(): () => void {
  const undo = poisoned.flatMap(([object, prefix, names, instead]) =>
    names.map((name) => replace(object, name, forbidding(Reflect.get(object, name), `${prefix}${name}`, instead))),
  )
  undo.push(replace(globalThis, 'Date', poisonedDate(Date)))
  syncBuiltinESMExports()
  return () => {
    for (const again of undo.reverse()) again()
    syncBuiltinESMExports()
  }
}

/** Returns what puts the original back, whether it stood on the object or on its prototype. */
function replace(object: object, name: string, value: unknown): () => void {
  const original = Object.getOwnPropertyDescriptor(object, name)
  Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: original?.enumerable ?? false })
  return () => {
    if (original) Object.defineProperty(object, name, original)
    else Reflect.deleteProperty(object, name)
  }
}

function forbidding(original: object, name: string, instead: string): object {
  return new Proxy(original, {
    apply(target, self, given) {
      forbid(`${name}()`, instead)
      return Reflect.apply(target as () => unknown, self, given)
    },
  })
}

/** Only the present is forbidden: dates may be computed with. */
function poisonedDate(original: DateConstructor): DateConstructor {
  const now = forbidding(original.now, 'Date.now', time)
  return new Proxy(original, {
    apply(target, self, given) {
      forbid('Date()', time)
      return Reflect.apply(target, self, given)
    },
    construct(target, given, newTarget) {
      if (given.length === 0) forbid('new Date()', time)
      return Reflect.construct(target, given, newTarget)
    },
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  })
}

function forbid(what: string, instead: string): void {
  if (inside.getStore()) throw new NotDeterministicError(`${what} differs from node to node. ${instead}`)
}

/** Something in a simulation reached for the machine's own time or chance. */
export class NotDeterministicError extends Error {
  override readonly name = 'NotDeterministicError'
}
