import type { PeerId } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import type { GossipRpc } from './gossip-control.ts'
import { createGossipFlow } from './gossip-flow.ts'
import { gossipBytesBurst, gossipMessagesBurst, gossipMessagesPerSecond } from './limits.ts'

const peer = { toString: () => 'peer' } as PeerId
const messages = (count: number, bytes = 1): GossipRpc => ({
  messages: Array.from({ length: count }, () => ({ topic: '', data: new Uint8Array(bytes) })),
})

function setUp() {
  let now = 0
  const rests: number[] = []
  const floods: string[] = []
  const flow = createGossipFlow({
    onExcess: (_peer, ms) => void rests.push(ms),
    onFlood: (id) => void floods.push(id),
    now: () => now,
  })
  return {
    flow,
    rests,
    floods,
    wait: (ms: number) => {
      now += ms
    },
  }
}

describe('the budget of what gossip brings', () => {
  it.each<[string, () => GossipRpc]>([
    ['messages', () => messages(100)],
    ['bytes', () => messages(1, gossipBytesBurst / 100)],
    ['empty envelopes', () => messages(0)],
    ['messages that are not wanted', () => ({ control: { idontwant: [{ messageIDs: Array(100).fill(0) }] } })],
  ])('is used up by %s: then the peer rests, and insisting is a flood', (_name, make) => {
    const { flow, rests, floods } = setUp()
    const envelope = make()
    while (flow.admits(peer, envelope)) expect(rests).toEqual([])
    expect(rests).toEqual([250])
    expect(floods).toEqual([])
    for (let count = 0; count < gossipMessagesBurst; count++) flow.admits(peer, envelope)
    expect(floods.length).toBeGreaterThan(1)
  })

  it('never ends for a peer that forwards half of it, in bursts of some seconds', () => {
    const { flow, rests, wait } = setUp()
    const envelope = messages(50, 1_000)
    for (let second = 0; second < 12; second++) {
      const sent = second % 3 === 0 ? 1.5 * gossipMessagesPerSecond : 0
      for (let count = 0; count < sent; count += 50) expect(flow.admits(peer, envelope)).toBe(true)
      wait(1_000)
    }
    expect(rests).toEqual([])
  })
})
