import type { PeerId } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { createGossipControlBudget, type GossipRpc } from './gossip-control.ts'
import { gossipControlBurst } from './limits.ts'

const peer = { toString: () => 'peer' } as PeerId
const ids = (count: number) => [{ messageIDs: Array.from({ length: count }, () => 0) }]

function setUp() {
  let now = 0
  const offences: string[] = []
  const budget = createGossipControlBudget({ onExcess: (id) => void offences.push(id), now: () => now })
  return {
    budget,
    offences,
    wait: (ms: number) => {
      now += ms
    },
  }
}

describe('the budget of gossip’s control', () => {
  it.each<[string, () => GossipRpc]>([
    ['grafts', () => ({ control: { graft: [1] } })],
    ['prunes', () => ({ control: { prune: [1] } })],
    ['subscriptions', () => ({ subscriptions: [1] })],
    ['ids of messages', () => ({ control: { ihave: ids(100) } })],
    ['wishes', () => ({ control: { iwant: ids(100) } })],
  ])('is used up by %s, and then they are dropped and are offences', (_name, make) => {
    const { budget, offences } = setUp()
    for (let count = 0; count < 5 * gossipControlBurst; count++) budget.trim(peer, make())
    const last = make()
    expect(budget.trim(peer, last)).toBe('dropped')
    expect(last).toEqual({})
    expect(offences.length).toBeGreaterThan(5)
  })

  it('is enough for a mesh of five topics that beats once a second, and for one that was held up for ten', () => {
    const { budget, offences, wait } = setUp()
    const beat = (): GossipRpc => ({ control: { graft: [1, 2, 3, 4, 5], prune: [1, 2, 3], ihave: Array(5).fill(ids(10)[0]) } })
    const keeps = () => {
      const rpc = beat()
      return budget.trim(peer, rpc) === 'taken' && rpc.control !== undefined
    }
    expect(keeps()).toBe(true)
    for (let second = 0; second < 600; second++) {
      wait(1000)
      expect(keeps()).toBe(true)
    }
    for (let count = 0; count < 10; count++) expect(keeps()).toBe(true)
    expect(offences).toEqual([])
  })

  it('leaves the messages of an envelope alone', () => {
    const { budget } = setUp()
    for (let count = 0; count < 1000; count++) budget.trim(peer, { control: { graft: [1] } })
    const messages = [{ topic: 'blocks' }]
    const rpc: GossipRpc = { messages, control: { graft: [1] } }
    budget.trim(peer, rpc)
    expect(rpc).toEqual({ messages })
  })

  it('stops at the offence that costs the connection', () => {
    const offences: string[] = []
    const budget = createGossipControlBudget({
      onExcess(id) {
        offences.push(id)
        budget.leave(id)
      },
      now: () => 0,
    })
    budget.trim(peer, { control: { graft: Array(gossipControlBurst).fill(1) } })
    budget.trim(peer, { control: { graft: Array(100_000).fill(1) } })
    expect(offences).toEqual(['peer'])
  })
})
