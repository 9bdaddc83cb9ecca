import { assert } from '../primitives/assert.ts'
import { type Bytes, bytesKey } from '../primitives/bytes.ts'
import type { StateChange, StateOverlay, StateReader } from './state.ts'

/**
 * Writes held in memory on top of a base that never changes meanwhile. Attempts nest by an undo journal: what an attempt overwrote is
 * noted only while one is under way, and put back in reverse when it fails. Byte strings are kept, not copied: whoever hands one over,
 * or is handed one, must not change it.
 */
export function createOverlay(base: StateReader): StateOverlay {
  const written = new Map<string, StateChange>()
  const journal: { readonly name: string; readonly previous: StateChange | undefined }[] = []
  let depth = 0

  function write(key: Bytes, value: Bytes | undefined): void {
    assert(key.length > 0, 'a state key has at least one byte')
    const name = bytesKey(key)
    if (depth > 0) journal.push({ name, previous: written.get(name) })
    written.set(name, [key, value])
  }

  function undoTo(mark: number): void {
    while (journal.length > mark) {
      const entry = journal.pop() as (typeof journal)[number]
      if (entry.previous === undefined) written.delete(entry.name)
      else written.set(entry.name, entry.previous)
    }
  }

  return {
    get(key) {
      const change = written.get(bytesKey(key))
      return change === undefined ? base.get(key) : change[1]
    },
    set: write,
    delete: (key) => write(key, undefined),
    attempt(body) {
      const mark = journal.length
      depth += 1
      let kept = false
      try {
        kept = body()
      } finally {
        depth -= 1
        if (!kept) undoTo(mark)
        if (depth === 0) journal.length = 0
      }
      return kept
    },
    changes: () => [...written].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, change]) => change),
  }
}
