import type { Store, StoreOperation } from '../ports/store.ts'
import { bytesKey } from '../primitives/bytes.ts'

/**
 * A store that can hold back what is written for a while and put it on disk together, in the order it was written: one durable write for
 * hundreds of blocks that come from peers and could be had again. What is held back is read as if it were on disk.
 */
export interface WriteBehind extends Store {
  /** From now on writes may wait, until `release`. */
  hold(): void
  /** Calls back once all that was written until now is on disk; at once when it is. In the order of the calls. */
  whenDurable(then: () => void): void
  /** Resolves when everything written is on disk, and nothing waits any more. */
  release(): Promise<void>
}

/** Bytes that are put on disk together. As many more may wait meanwhile, and then writers wait. */
const batchBytes = 4 << 20

type Held = Map<string, StoreOperation>

export function createWriteBehind(store: Store): WriteBehind {
  let holding = false
  let held: Held = new Map()
  let heldBytes = 0
  /** Who waits for what is held to be on disk. */
  let waiting: (() => void)[] = []
  let leaving: Held | undefined
  let leave: Promise<void> = Promise.resolve()

  /** What is held goes to disk, after what is on its way there. A failure is met by the next writer. */
  function flush(): Promise<void> {
    const before = leave
    if (held.size === 0) return before
    leave = before.then(async () => {
      const told = waiting
      leaving = held
      held = new Map()
      heldBytes = 0
      waiting = []
      await store.write([...leaving.values()], { durable: true })
      leaving = undefined
      for (const tell of told) tell()
    })
    // The promise is awaited by the next flush, write or release; until then its failure is not unhandled.
    leave.catch(() => undefined)
    return leave
  }

  function holdBack(operations: readonly StoreOperation[]): void {
    for (const operation of operations) {
      const [key, value] = operation
      held.set(bytesKey(key), operation)
      heldBytes += key.length + (value?.length ?? 0)
    }
  }

  return {
    get(key) {
      if (held.size === 0 && !leaving) return store.get(key)
      const name = bytesKey(key)
      const found = held.get(name) ?? leaving?.get(name)
      return found ? found[1] : store.get(key)
    },
    async range(query) {
      await flush()
      return store.range(query)
    },
    async write(operations, options) {
      if (!holding) {
        await flush()
        return store.write(operations, options)
      }
      holdBack(operations)
      if (heldBytes < batchBytes) return
      if (leaving) await leave
      void flush()
    },
    hold() {
      holding = true
    },
    whenDurable(then) {
      if (held.size > 0) waiting.push(then)
      else if (leaving) void leave.then(then, () => undefined)
      else then()
    },
    async release() {
      holding = false
      await flush()
    },
    async compact(from, to) {
      await store.compact?.(from, to)
    },
    async close() {
      await flush()
      await store.close()
    },
  }
}
