import { describe, expect, it } from 'vitest'
import { watchGossipPeers } from './gossip-watch.ts'
import { seenGossipMax } from './limits.ts'

function gossip() {
  const scores = new Map([
    ['ann', 0],
    ['ben', 0],
  ])
  const booked: string[] = []
  const told: string[] = []
  const pubsub = {
    score: {
      deliveryRecords: { records: new Map<string, unknown>(), queue: [] as { msgId: string }[] },
      addPenalty: (peer: string, count: number, label: string) => void booked.push(`${peer} ${label} ${count}`),
      score: (peer: string) => scores.get(peer) ?? 0,
    },
    peers: scores,
    seenCache: { entries: new Map<string, unknown>() },
  }
  const watch = watchGossipPeers(pubsub, (peer, what) => void told.push(`${peer}: ${what}`))
  const penalise = (peer: string, label: string, times: number) => {
    for (let time = 0; time < times; time++) pubsub.score.addPenalty(peer, 1, label)
  }
  const minute = () => {
    for (let second = 0; second < 60; second++) watch.heartbeat()
  }
  return { scores, booked, told, pubsub, watch, penalise, minute }
}

describe('the watch on gossip', () => {
  it('tells of peers that graft against a prune again and again, and leaves the penalty to gossip', () => {
    const { penalise, told, booked } = gossip()
    penalise('ann', 'graft_backoff', 9)
    expect(told).toEqual([])
    penalise('ann', 'graft_backoff', 1)
    expect(told).toEqual(['ann: gossip graft flood'])
    penalise('ann', 'graft_backoff', 10)
    expect(told).toHaveLength(2)
    expect(booked).toHaveLength(20)
  })

  it('forgives what happens to the honest: a few now and then, a loaded peer, one that is gone', () => {
    const { penalise, told, minute } = gossip()
    for (let round = 0; round < 10; round++) {
      penalise('ann', 'graft_backoff', 4)
      penalise('ben', 'broken_promise', 40)
      minute()
    }
    penalise('gone', 'graft_backoff', 100)
    penalise('ann', 'message_deficit', 100)
    expect(told).toEqual([])
  })

  it('tells once of a score that has sunk, and again after it recovered', () => {
    const { scores, told, watch } = gossip()
    for (const score of [-79, -81, -300, -10, -90, -90]) {
      scores.set('ben', score)
      watch.heartbeat()
    }
    expect(told).toEqual(['ben: gossip score below the gray list', 'ben: gossip score below the gray list'])
  })

  it('keeps no more seen messages than its bound, the latest', () => {
    const { pubsub, watch } = gossip()
    for (let id = 0; id < seenGossipMax + 10; id++) pubsub.seenCache.entries.set(String(id), undefined)
    watch.heartbeat()
    expect(pubsub.seenCache.entries.size).toBe(seenGossipMax)
    expect(pubsub.seenCache.entries.has('9')).toBe(false)
    expect(pubsub.seenCache.entries.has('10')).toBe(true)
  })

  it('forgets who delivered what beyond the number that is remembered, the oldest first', () => {
    const { pubsub, watch } = gossip()
    const { records, queue } = pubsub.score.deliveryRecords
    for (let id = 0; id < seenGossipMax + 5; id++) {
      records.set(`${id}`, {})
      queue.push({ msgId: `${id}` })
    }
    watch.heartbeat()
    expect([records.size, records.has('4'), records.has('5'), queue.length]).toEqual([seenGossipMax, false, true, seenGossipMax])
  })
})
