/**
 * A budget for what gossip says about itself. gossipsub bounds one envelope, and punishes some control messages by its own score, but not
 * how many there are: GRAFT answered by PRUNE, and every IHAVE looked up, cost a node more than they cost a stranger. A mesh has one
 * heartbeat a second, and few topics: an honest peer sends a handful of control messages in it.
 */
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { PeerId } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { type TokenBucket, takeTokens, tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import { gossipControlBurst, gossipControlPerSecond } from './limits.ts'

export interface GossipRpcMessage {
  readonly topic?: string
  readonly data?: Bytes
}

/** As gossipsub decodes an envelope, as far as it matters here. */
export interface GossipRpc {
  messages?: readonly GossipRpcMessage[]
  subscriptions?: readonly unknown[]
  control?: {
    readonly ihave?: readonly { readonly messageIDs?: readonly unknown[] }[]
    readonly iwant?: readonly { readonly messageIDs?: readonly unknown[] }[]
    readonly graft?: readonly unknown[]
    readonly prune?: readonly unknown[]
    readonly idontwant?: readonly { readonly messageIDs?: readonly unknown[] }[]
  }
}

export interface GossipControlBudget {
  /** Takes from the envelope what is beyond the peer's budget: the messages in it stay. Says what became of it, when it held any control. */
  trim(from: Libp2pPeerId, rpc: GossipRpc): 'taken' | 'dropped' | undefined
  leave(peer: PeerId): void
}

const policy = tokenBucketPolicy(gossipControlPerSecond, 1000, gossipControlBurst)
/** Message ids that cost as much as one control message. */
const idsPerToken = 50
/** Beyond the budget, so many more are one offence. */
const perOffence = 50

export function createGossipControlBudget(options: {
  readonly onExcess: (peer: PeerId) => void
  /** Milliseconds that never go back. */
  readonly now: () => number
}): GossipControlBudget {
  const spent = new Map<PeerId, { bucket: TokenBucket; excess: number }>()
  return {
    trim(from, rpc) {
      const cost = costOf(rpc)
      if (cost === 0) return undefined
      const peer = from.toString()
      const account = spent.get(peer) ?? { bucket: 0, excess: 0 }
      spent.set(peer, account)
      const { conforms, bucket } = takeTokens(policy, account.bucket, options.now(), Math.min(cost, gossipControlBurst))
      account.bucket = bucket
      if (conforms) return 'taken'
      delete rpc.subscriptions
      delete rpc.control
      account.excess += cost
      for (; account.excess >= perOffence; account.excess -= perOffence) {
        // Whoever is put out has been forgotten meanwhile.
        if (spent.get(peer) !== account) break
        options.onExcess(peer)
      }
      return 'dropped'
    },
    leave: (peer) => void spent.delete(peer),
  }
}

function costOf({ subscriptions = [], control }: GossipRpc): number {
  const { ihave = [], iwant = [], graft = [], prune = [] } = control ?? {}
  const ids = [...ihave, ...iwant].reduce((sum, { messageIDs = [] }) => sum + messageIDs.length, 0)
  return subscriptions.length + ihave.length + iwant.length + graft.length + prune.length + Math.floor(ids / idsPerToken)
}
