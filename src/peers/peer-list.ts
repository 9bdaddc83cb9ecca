import { bool, type Infer, list, struct, text, uint, variant } from '../codec/schema.ts'

/** Peers of one list. */
export const listedPeersMax = 64
/** Addresses told at a time. */
export const toldAddressesMax = 250
/** Of one address that is told. Longer ones there are none, except with names. */
export const toldAddressLengthMax = 200

const peerId = text({ max: 64 })

/** Where a node can be dialled. */
const toldAddressSchema = struct('ToldAddress', {
  /** A multiaddr with the peer id at its end. */
  address: text({ max: toldAddressLengthMax }),
  /** How long ago somebody last saw a node there, in minutes. */
  seenAgoMinutes: uint({ max: 0xffff }),
})

/**
 * What travels on the channel `peers`: to whom the sender is connected, by name alone, as a list that changes; and where nodes can be
 * dialled, whoever is connected to them.
 */
export const peerListMessageSchema = variant('PeerListMessage', {
  /** All peers the sender is connected to, as far as they fit. */
  full: { tag: 1, schema: struct('FullPeerList', { version: uint(), entries: list(peerId, { max: listedPeersMax }) }) },
  /** What changed since version `base`. */
  delta: {
    tag: 2,
    schema: struct('PeerListDelta', {
      base: uint(),
      version: uint(),
      added: list(peerId, { max: listedPeersMax }),
      removed: list(peerId, { max: listedPeersMax }),
    }),
  },
  /** The sender of this does not have the base of a delta it was sent. */
  again: { tag: 3, schema: struct('PeerListAgain', {}) },
  /** Whoever dialled asks for a part of the other's address book, once. */
  ask: { tag: 4, schema: struct('AddressRequest', {}) },
  told: {
    tag: 5,
    schema: struct('ToldAddresses', {
      /** To `ask`; otherwise these are new, and told onward. */
      answer: bool(),
      entries: list(toldAddressSchema, { max: toldAddressesMax }),
    }),
  },
})
export type PeerListMessage = Infer<typeof peerListMessageSchema>
export type ToldAddresses = Extract<PeerListMessage, { type: 'told' }>
