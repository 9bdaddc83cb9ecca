/** Whom to ask: peers that claim to have it, those that failed least first, then the least busy, then the nearest. */
export interface SyncPeer {
  readonly id: string
  /** Of its latest final block, as it claims. */
  readonly height: number
  /** Round trip, ms; unknown at first. */
  readonly latencyMs: number | undefined
}

/** Tries of one peer at one piece of work: after these only others are asked for it. */
export const triesMax = 3

export interface Choice {
  /** A peer below this height does not have what is wanted. */
  readonly height: number
  /** Failures at this piece of work, by peer. */
  readonly failures: ReadonlyMap<string, number>
  /** Questions that are open with the peer. */
  readonly load: (peer: string) => number
}

export function choosePeers(peers: readonly SyncPeer[], { height, failures, load }: Choice): readonly SyncPeer[] {
  const failed = ({ id }: SyncPeer): number => failures.get(id) ?? 0
  const far = ({ latencyMs }: SyncPeer): number => latencyMs ?? Number.MAX_SAFE_INTEGER
  return peers
    .filter((peer) => peer.height >= height && failed(peer) < triesMax)
    .sort((a, b) => failed(a) - failed(b) || load(a.id) - load(b.id) || far(a) - far(b) || (a.id < b.id ? -1 : 1))
}

/**
 * How far to ask: to where three peers can confirm one another, or two, or to the highest claim. One peer that boasts moves nothing while
 * others are ahead too.
 */
export function confirmedHeight(peers: readonly SyncPeer[], above: number): number {
  const [first = 0, second = 0, third = 0] = peers.map(({ height }) => height).sort((a, b) => b - a)
  return [third, second].find((height) => height > above) ?? first
}
