import type { Channel } from '../../ports/network.ts'

/** What a node counts as it takes it in: messages of a direct channel, and envelopes of gossip with control in them. */
export type Counted = Channel | 'gossip-control'

/** The attacks there are. `rate` is attempts a second and `connections` how many at one time, unless the command line says otherwise. */
export interface AttackKind {
  readonly summary: string
  /** What is counted. */
  readonly unit: 'connections' | 'messages' | 'frames' | 'streams' | 'envelopes'
  readonly rate: number
  readonly connections: number
  /** What it sends that the node counts as it comes in: messages of direct channels, or gossip's own control. */
  readonly counted?: readonly Counted[]
}

export const attackKinds = {
  'connection-flood': {
    summary: 'TCP connections, as fast as allowed, from a handful of addresses',
    unit: 'connections',
    rate: 200,
    connections: 256,
  },
  'slow-loris': {
    summary: 'connections that fall silent at each step of the handshake in turn',
    unit: 'connections',
    rate: 20,
    connections: 200,
  },
  'handshake-garbage': {
    summary: 'random bytes at each step of the handshake in turn',
    unit: 'connections',
    rate: 50,
    connections: 64,
  },
  'stream-flood': {
    summary: 'a thousand streams on one connection',
    unit: 'streams',
    rate: 200,
    connections: 1,
  },
  'message-spam': {
    summary: 'well-formed messages that are of no use, from a peer in good standing',
    unit: 'messages',
    rate: 2000,
    connections: 1,
    counted: ['consensus'],
  },
  'invalid-votes': {
    summary: 'votes whose signatures do not hold',
    unit: 'messages',
    rate: 500,
    connections: 1,
    counted: ['consensus'],
  },
  'invalid-transactions': {
    summary: 'batches of transactions whose signatures do not hold',
    unit: 'messages',
    rate: 200,
    connections: 1,
  },
  'oversized-frames': {
    summary: 'frames that announce more bytes than their kind may have',
    unit: 'frames',
    rate: 50,
    connections: 1,
  },
  'decompression-bomb': {
    summary: 'compressed batches that inflate to far more than they may',
    unit: 'frames',
    rate: 50,
    connections: 1,
  },
  replay: {
    summary: 'what the node itself said, votes, round states and batches, played back to it',
    unit: 'messages',
    rate: 8000,
    connections: 1,
    counted: ['consensus', 'batches'],
  },
  eclipse: {
    summary: 'many identities from one subnet that take every place they get',
    unit: 'connections',
    rate: 60,
    connections: 256,
  },
  'graft-flood': {
    summary: 'storms of GRAFT, PRUNE and IHAVE in gossip',
    unit: 'envelopes',
    rate: 1000,
    connections: 1,
    counted: ['gossip-control'],
  },
} as const satisfies Readonly<Record<string, AttackKind>>

export type AttackName = keyof typeof attackKinds
