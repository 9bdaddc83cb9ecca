import type { Store, StoreEntry, StoreOperation } from '../ports/store.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Random } from './random.ts'

/** The content of one store, on a disk that outlives its node. Batches that were not made durable may be lost by a crash, in order. */
export interface SimulatedStoreContent {
  /** A handle for a node that has just started. */
  open(access: DiskAccess): Store
  /** The power fails: some of the batches since the last durable one are gone. */
  crash(random: Random): void
  /** Turns one bit of one value, which reading it finds out. */
  rot(random: Random): void
}

/** How a disk answers: late, and not at all once its node is down. */
export interface DiskAccess {
  /** Resolves after the disk's delay; never, when the node has crashed meanwhile. */
  io(kind: 'read' | 'write' | 'sync'): Promise<void>
}

export function createSimulatedStoreContent(): SimulatedStoreContent {
  const entries = new Map<string, Bytes>()
  const rotten = new Set<string>()
  /** What undoes each batch that is not yet durable, oldest first. */
  let undo: (readonly (readonly [key: string, value: Bytes | undefined])[])[] = []

  function apply(operations: readonly StoreOperation[], durable: boolean): void {
    const before: (readonly [string, Bytes | undefined])[] = []
    for (const [key, value] of operations) {
      const name = bytesKey(key)
      before.push([name, entries.get(name)])
      rotten.delete(name)
      if (value) entries.set(name, value.slice())
      else entries.delete(name)
    }
    if (durable) undo = []
    else undo.push(before)
  }

  function read(key: string): Bytes | undefined {
    if (rotten.has(key)) throw new OperationalError('STORE_CORRUPT', 'A value of the simulated store is damaged.')
    return entries.get(key)
  }

  return {
    open: (access) => ({
      get: (key) => read(bytesKey(key)),
      async range({ from, to, limit, reverse }) {
        await access.io('read')
        const low = bytesKey(from)
        const high = bytesKey(to)
        const keys = [...entries.keys()].filter((key) => key >= low && key < high).sort((a, b) => (a < b ? -1 : 1))
        if (reverse) keys.reverse()
        return keys.slice(0, limit).map((key): StoreEntry => [bytesOf(key), read(key) as Bytes])
      },
      async write(operations, { durable }) {
        await access.io(durable ? 'sync' : 'write')
        apply(operations, durable)
      },
      close: () => access.io('write'),
    }),
    crash(random) {
      const lost = random.below(undo.length + 1)
      for (const batch of undo.splice(undo.length - lost).reverse()) {
        for (const [key, value] of [...batch].reverse()) {
          if (value) entries.set(key, value)
          else entries.delete(key)
        }
      }
      undo = []
    },
    rot(random) {
      if (entries.size > 0) rotten.add(random.pick([...entries.keys()]))
    },
  }
}

/** The bytes behind a `bytesKey`. */
function bytesOf(key: string): Bytes {
  return new Uint8Array(Buffer.from(key, 'latin1'))
}
