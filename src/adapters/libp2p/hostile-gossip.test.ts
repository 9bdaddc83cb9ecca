import type { Connection } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { eventually, greet, scene } from '../../../test/network/hostile-scene.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { uint32 } from './frame.ts'
import { gossipMessagesBurst, gossipMessagesPerSecond } from './limits.ts'

describe('gossip', () => {
  const field = (tag: number, bytes: Bytes) => concatBytes(Uint8Array.of(tag), varint(bytes.length), bytes)
  const varint = (value: number): Bytes =>
    value < 128 ? Uint8Array.of(value) : concatBytes(Uint8Array.of((value & 127) | 128), varint(value >>> 7))
  function envelope(channel: string, from: number, count: number): Bytes {
    const topic = new TextEncoder().encode(`/synod/victim/${channel}`)
    const messages = Array.from({ length: count }, (_, index) => {
      return field(0x12, concatBytes(field(0x12, uint32(from + index)), field(0x22, topic)))
    })
    const bytes = concatBytes(...messages)
    return concatBytes(varint(bytes.length), bytes)
  }
  async function gossip(connection: Connection, envelopes: Iterable<Bytes>): Promise<void> {
    const stream = await connection.newStream('/meshsub/1.1.0')
    for (const bytes of envelopes) {
      await new Promise(setImmediate)
      if (stream.status !== 'open') return
      if (!stream.send(bytes)) await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }))
    }
  }

  // Every envelope beyond the budget holds the flood up for 250 ms, and it takes thirty: how many at a time is the machine's choice.
  it('beyond the budget is neither hashed nor remembered, and is a flood', { timeout: 120_000 }, async () => {
    const { connection } = await greet()
    const startedAt = performance.now()
    const isOver = () => scene.misbehaviour.includes('gossip flood')
    function* flood(): Generator<Bytes> {
      for (let index = 0; !isOver(); index++) yield envelope('blocks', 128 * index, 128)
    }
    await gossip(connection, flood())
    await eventually(isOver, 90_000)
    const seconds = (performance.now() - startedAt) / 1_000
    expect(scene.gossiped).toBeLessThan(gossipMessagesBurst + (seconds + 1) * gossipMessagesPerSecond)
  })

  it('of a channel that is not followed is nothing, and an envelope of too many messages neither', async () => {
    const { connection } = await greet()
    await gossip(connection, [envelope('consensus', 0, 10), envelope('blocks', 100, 129), envelope('blocks', 0, 10)])
    await eventually(() => scene.gossiped === 10)
    expect(scene.misbehaviour).toEqual([])
  })
})
