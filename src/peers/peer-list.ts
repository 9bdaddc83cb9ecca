import { type Infer, list, struct, text, uint, variant } from '../codec/schema.ts'

/** Peers of one list, and addresses of each. */
export const listedPeersMax = 64
export const listedAddressesMax = 3

const peerId = text({ max: 64 })

/** A peer to which the sender is connected, and where it can be dialled. */
export const listedPeerSchema = struct('ListedPeer', {
  peer: peerId,
  /** Multiaddrs without the peer id at their end, which every one of them would repeat. */
  addresses: list(text({ max: 128 }), { max: listedAddressesMax }),
})
export type ListedPeer = Infer<typeof listedPeerSchema>

/** What travels on the channel `peers`. */
export const peerListMessageSchema = variant('PeerListMessage', {
  /** All peers the sender is connected to, as far as they fit. */
  full: { tag: 1, schema: struct('FullPeerList', { version: uint(), entries: list(listedPeerSchema, { max: listedPeersMax }) }) },
  /** What changed since version `base`. */
  delta: {
    tag: 2,
    schema: struct('PeerListDelta', {
      base: uint(),
      version: uint(),
      added: list(listedPeerSchema, { max: listedPeersMax }),
      removed: list(peerId, { max: listedPeersMax }),
    }),
  },
  /** The sender of this does not have the base of a delta it was sent. */
  again: { tag: 3, schema: struct('PeerListAgain', {}) },
})
