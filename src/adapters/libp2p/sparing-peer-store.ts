/**
 * libp2p writes down for every stream, before it is served or handed out, that the peer speaks its protocol: a lock, a record read,
 * encoded and stored. Of our own protocols nobody asks that, since every Synod peer speaks them.
 */
import type { Peer, PeerData, PeerId } from '@libp2p/interface'

export interface MergingPeerStore {
  merge(id: PeerId, data: PeerData, options?: object): Promise<Peer>
}

export function spareMerges(peerStore: MergingPeerStore): void {
  const merge = peerStore.merge.bind(peerStore)
  peerStore.merge = (id, data, options) => {
    const fields = Object.keys(data)
    const isOwn = fields.length === 1 && data.protocols?.every((protocol) => protocol.startsWith('/synod/')) === true
    return isOwn ? Promise.resolve(emptyPeer(id)) : merge(id, data, options)
  }
}

/** libp2p looks at nothing of what it gets back. */
function emptyPeer(id: PeerId): Peer {
  return { id, addresses: [], protocols: [], metadata: new Map(), tags: new Map() }
}
