/**
 * A budget for what gossip brings, before gossipsub works on it: it hashes each message, and remembers each for two minutes, whatever the
 * node then says of it. The budgets of the engine are far below, and judge by channel; this one is above all that honest peers forward.
 */
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { PeerId } from '../../ports/network.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import type { GossipRpc } from './gossip-control.ts'
import { gossipBytesBurst, gossipBytesPerSecond, gossipMessagesBurst, gossipMessagesPerSecond } from './limits.ts'

export interface GossipFlow {
  /** Whether gossipsub is to see the envelope. */
  admits(from: Libp2pPeerId, rpc: GossipRpc): boolean
  leave(peer: PeerId): void
}

interface Account {
  messages: TokenBucket
  bytes: TokenBucket
  dropped: number
}

const messagesPolicy = tokenBucketPolicy(gossipMessagesPerSecond, 1000, gossipMessagesBurst)
const bytesPolicy = tokenBucketPolicy(gossipBytesPerSecond, 1000, gossipBytesBurst)
/** Messages beyond the budget that are one offence: what is under way when reading stops is forgiven. */
const perOffence = gossipMessagesBurst / 4
/** How long is not read from a peer beyond its budget. */
const restMs = 250

export function createGossipFlow(options: {
  /** Nothing is to be read from the peer for a while. */
  readonly onExcess: (peer: PeerId, restMs: number) => void
  readonly onFlood: (peer: PeerId) => void
  /** Milliseconds that never go back. */
  readonly now: () => number
}): GossipFlow {
  const accounts = new Map<PeerId, Account>()
  return {
    admits(from, rpc) {
      const peer = from.toString()
      const account = accounts.get(peer) ?? { messages: 0, bytes: 0, dropped: 0 }
      accounts.set(peer, account)
      const now = options.now()
      const count = countOf(rpc)
      const messages = takeTokens(messagesPolicy, account.messages, now, count)
      const bytes = takeTokens(bytesPolicy, account.bytes, now, bytesOf(rpc))
      if (messages.conforms && bytes.conforms) {
        account.messages = messages.bucket
        account.bytes = bytes.bucket
        return true
      }
      options.onExcess(peer, restMs)
      account.dropped += count
      if (account.dropped < perOffence) return false
      account.dropped = 0
      options.onFlood(peer)
      return false
    },
    leave: (peer) => void accounts.delete(peer),
  }
}

/** An envelope costs something even when it is empty. IDONTWANT comes once for every message that is not small, from each neighbour. */
function countOf({ messages = [], control }: GossipRpc): number {
  const unwanted = control?.idontwant?.reduce((sum, { messageIDs = [] }) => sum + 1 + messageIDs.length, 0) ?? 0
  return Math.max(1, messages.length + unwanted)
}

function bytesOf({ messages = [] }: GossipRpc): number {
  return messages.reduce((sum, { data, topic }) => sum + (data?.length ?? 0) + (topic?.length ?? 0), 0)
}
