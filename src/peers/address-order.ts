/**
 * Which of the several addresses of one peer to dial: the operator's preferred transport first. Whom to dial, and when, is not decided
 * here: a peer keeps its place among the others, whatever its addresses say.
 */

/** The lower, the sooner. An address of none of these transports comes last, one that is no multiaddr is as good as any. */
export type AddressRank = (address: string) => number

/** @param transports names as in `p2p.transports`, the preferred first. */
export function rankByTransport(transports: readonly string[]): AddressRank {
  return (address) => {
    if (!address.startsWith('/')) return 0
    const place = transports.indexOf(transportOf(address))
    return place === -1 ? transports.length : place
  }
}

/** The same items in which those of one peer stand in order of rank, among themselves alone. Items of nobody in particular stay. */
export function preferredFirst<T>(
  items: readonly T[],
  peerOf: (item: T) => string | undefined,
  rankOf: (item: T) => number,
): readonly T[] {
  const byPeer = Map.groupBy(items, peerOf)
  const queues = new Map<string, T[]>()
  for (const [peer, own] of byPeer) {
    if (peer !== undefined)
      queues.set(
        peer,
        own.toSorted((left, right) => rankOf(left) - rankOf(right)),
      )
  }
  return items.map((item) => {
    const peer = peerOf(item)
    return (peer === undefined ? undefined : queues.get(peer)?.shift()) ?? item
  })
}

export function transportOf(address: string): string {
  const words = new Set(address.split('/'))
  // By way of a third node: whoever can be reached directly is.
  if (words.has('p2p-circuit')) return 'relay'
  if (words.has('webrtc-direct') || words.has('webrtc')) return 'webrtc'
  if (words.has('quic-v1')) return 'quic'
  if (words.has('wss') || (words.has('tls') && words.has('ws'))) return 'wss'
  return words.has('ws') ? 'ws' : 'tcp'
}
