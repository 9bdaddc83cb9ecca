import type { NetworkPlace } from './network-group.ts'

/** Connections by where they come from; no count is held that is zero. */
export interface Account {
  readonly handshakes: number
  count(what: Counted, key: string): number
  groupSizes(): IterableIterator<number>
  /** One more, or one fewer. `pending`: nobody has said hello on it yet. */
  book(place: NetworkPlace, pending: boolean, by: 1 | -1): void
}

type Counted = 'host' | 'subnet' | 'group' | 'pendingHost' | 'pendingGroup'

export function createAccount(): Account {
  const counts: Readonly<Record<Counted, Map<string, number>>> = {
    host: new Map(),
    subnet: new Map(),
    group: new Map(),
    pendingHost: new Map(),
    pendingGroup: new Map(),
  }
  let handshakes = 0
  return {
    get handshakes() {
      return handshakes
    },
    count: (what, key) => counts[what].get(key) ?? 0,
    groupSizes: () => counts.group.values(),
    book({ host, subnet, group }, pending, by) {
      add(counts.host, host, by)
      add(counts.subnet, subnet, by)
      add(counts.group, group, by)
      if (!pending) return
      handshakes += by
      add(counts.pendingHost, host, by)
      add(counts.pendingGroup, group, by)
    },
  }
}

function add(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const next = (counts.get(key) ?? 0) + by
  if (next === 0) counts.delete(key)
  else counts.set(key, next)
}
