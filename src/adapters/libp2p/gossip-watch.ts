/**
 * What gossipsub notices of its peers and keeps to itself: peers that graft against a prune, that promise messages they never send, or
 * whose score has sunk so low that nothing of them is read. A peer that restarts forgets whom it was pruned by, and a loaded one breaks
 * promises, so only habits are told.
 */
import type { PeerId } from '../../ports/network.ts'
import { gossipScoreThresholds } from './gossip-scores.ts'
import { seenGossipMax } from './limits.ts'

export interface GossipWatch {
  /** To be called every heartbeat, which is every second. */
  heartbeat(): void
}

/** What gossipsub has of this, beyond its public interface. */
export interface WatchedGossip {
  readonly score: {
    readonly deliveryRecords: {
      readonly records: Map<string, unknown>
      readonly queue: { shift(): { readonly msgId: string } | undefined }
    }
    addPenalty(peer: string, count: number, label: string): void
    score(peer: string): number
  }
  readonly peers: ReadonlyMap<string, unknown>
  readonly seenCache: { readonly entries: Map<string, unknown> }
}

/** A penalty's habit, and what it is called. */
const habits: Readonly<Record<string, { readonly perMinute: number; readonly what: string }>> = {
  graft_backoff: { perMinute: 10, what: 'gossip graft flood' },
  broken_promise: { perMinute: 60, what: 'gossip promises broken' },
}
const heartbeatsPerMinute = 60

export function watchGossipPeers(pubsub: WatchedGossip, onMisbehaviour: (peer: PeerId, what: string) => void): GossipWatch {
  let penalties = new Map<string, number>()
  const sunk = new Set<PeerId>()
  let heartbeats = 0
  const addPenalty = pubsub.score.addPenalty.bind(pubsub.score)

  pubsub.score.addPenalty = (peer, count, label) => {
    addPenalty(peer, count, label)
    const habit = habits[label]
    if (habit === undefined || !pubsub.peers.has(peer)) return
    const key = `${label} ${peer}`
    const total = (penalties.get(key) ?? 0) + count
    penalties.set(key, total >= habit.perMinute ? 0 : total)
    if (total >= habit.perMinute) onMisbehaviour(peer, habit.what)
  }

  return {
    heartbeat() {
      heartbeats += 1
      if (heartbeats % heartbeatsPerMinute === 0) penalties = new Map()
      // gossipsub forgets what it has seen by age alone.
      const { entries } = pubsub.seenCache
      for (const id of entries.keys()) {
        if (entries.size <= seenGossipMax) break
        entries.delete(id)
      }
      const { records, queue } = pubsub.score.deliveryRecords
      while (records.size > seenGossipMax) {
        const oldest = queue.shift()
        if (oldest === undefined) break
        records.delete(oldest.msgId)
      }
      for (const peer of sunk) if (!pubsub.peers.has(peer)) sunk.delete(peer)
      for (const peer of pubsub.peers.keys()) {
        const isSunk = pubsub.score.score(peer) < gossipScoreThresholds.graylistThreshold
        if (isSunk && !sunk.has(peer)) onMisbehaviour(peer, 'gossip score below the gray list')
        if (isSunk) sunk.add(peer)
        else sunk.delete(peer)
      }
    },
  }
}
