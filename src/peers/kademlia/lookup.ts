import { type Contact, closestMax } from './contact.ts'
import { compareDistance, type Place } from './distance.ts'

/**
 * The search for the nodes nearest to a place: ask the nearest that are known for nearer ones, until the nearest have all answered.
 * It runs along paths that share no node, as in S/Kademlia (Baumgart and Mies, 2007): whoever is heard of belongs to the path that
 * heard of it first, so that a liar on one path cannot turn the others. At the end the nearest of all paths are asked together.
 * It asks so many nodes at most, however many it is told of. Spec: docs/spec/discovery.md, "Lookup".
 */
export interface Lookup {
  /** Whom to ask now; each is under way until one of the next two says how it went. */
  next(): readonly Contact[]
  answered(peer: string, closer: readonly Contact[]): void
  failed(peer: string): void
  /** An answer takes long: somebody else is asked meanwhile. */
  slow(peer: string): void
  readonly done: boolean
  readonly asked: number
  /** Those that answered, nearest first, at most `closestMax`. */
  closest(): readonly Contact[]
  /** How many paths have an answer from this peer's side: a value seen on two paths was not made up by one liar. */
  pathOf(peer: string): number | undefined
}

export interface LookupOptions {
  readonly target: Place
  /** This node's own id: it is not asked. */
  readonly self: string
  readonly start: readonly Contact[]
  /** Ends as soon as this peer has answered itself: once it is heard of it is asked before all others, and alone until it is slow. */
  readonly until?: string
}

export const lookupBounds = { paths: 3, atOncePerPath: 1, asks: 64, known: 512 } as const
/** Together the paths reach as many nodes as are wanted. */
const perPath = Math.ceil(closestMax / lookupBounds.paths)

type State = 'new' | 'asked' | 'slow' | 'answered' | 'failed'

interface Candidate {
  readonly contact: Contact
  readonly path: number
  state: State
}

export function createLookup({ target, self, start, until }: LookupOptions): Lookup {
  /** Nearest first. */
  let candidates: Candidate[] = []
  const known = new Map<string, Candidate>()
  let asked = 0
  let found = false

  function hear(contacts: readonly Contact[], pathOf: (index: number) => number): void {
    for (const [index, contact] of contacts.entries()) {
      if (contact.peer === self || known.has(contact.peer) || known.size >= lookupBounds.known) continue
      const candidate: Candidate = { contact, path: pathOf(index), state: 'new' }
      known.set(contact.peer, candidate)
      candidates.push(candidate)
    }
    candidates = candidates.sort((left, right) => compareDistance(target, left.contact.place, right.contact.place))
  }

  /** The nearest of these that may still count, and of them the ones to be asked. */
  function due(of: readonly Candidate[], width: number, atOnce: number): readonly Candidate[] {
    const nearest = of.filter(({ state }) => state !== 'failed').slice(0, width)
    const underWay = of.filter(({ state }) => state === 'asked').length
    return nearest.filter(({ state }) => state === 'new').slice(0, Math.max(0, atOnce - underWay))
  }

  function isSettled(of: readonly Candidate[], width: number): boolean {
    const nearest = of.filter(({ state }) => state !== 'failed').slice(0, width)
    return nearest.every(({ state }) => state === 'answered')
  }

  /** Whoever is asked beside the one that is sought costs both sides a connection for nothing. */
  function ofSought(): readonly Candidate[] | undefined {
    const sought = until === undefined ? undefined : known.get(until)
    if (sought?.state === 'new') return [sought]
    return sought?.state === 'asked' ? [] : undefined
  }

  function ofAll(): readonly Candidate[] {
    const onPaths = paths().flatMap((path) => due(path, perPath, lookupBounds.atOncePerPath))
    const isTogether = onPaths.length === 0 && candidates.every(({ state }) => state !== 'asked' && state !== 'slow')
    return isTogether ? due(candidates, closestMax, lookupBounds.paths * lookupBounds.atOncePerPath) : onPaths
  }

  const paths = () => Array.from({ length: lookupBounds.paths }, (_, path) => candidates.filter((one) => one.path === path))
  const isExhausted = () => asked >= lookupBounds.asks && candidates.every(({ state }) => state !== 'asked' && state !== 'slow')
  const isDone = () =>
    found || isExhausted() || (paths().every((path) => isSettled(path, perPath)) && isSettled(candidates, closestMax))

  function settle(peer: string, state: State): Candidate | undefined {
    const candidate = known.get(peer)
    if (!candidate || (candidate.state !== 'asked' && candidate.state !== 'slow')) return undefined
    candidate.state = state
    return candidate
  }

  hear(start, (index) => index % lookupBounds.paths)

  return {
    next() {
      if (isDone()) return []
      const asking = (ofSought() ?? ofAll()).slice(0, lookupBounds.asks - asked)
      for (const candidate of asking) candidate.state = 'asked'
      asked += asking.length
      return asking.map(({ contact }) => contact)
    },
    answered(peer, closer) {
      const candidate = settle(peer, 'answered')
      if (!candidate) return
      found ||= peer === until
      hear(closer, () => candidate.path)
    },
    failed: (peer) => void settle(peer, 'failed'),
    slow(peer) {
      const candidate = known.get(peer)
      if (candidate?.state === 'asked') candidate.state = 'slow'
    },
    get done() {
      return isDone()
    },
    get asked() {
      return asked
    },
    closest: () =>
      candidates
        .filter(({ state }) => state === 'answered')
        .slice(0, closestMax)
        .map(({ contact }) => contact),
    pathOf: (peer) => known.get(peer)?.path,
  }
}
