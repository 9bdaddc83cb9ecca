import { describe, expect, it } from 'vitest'
import { createNodeWorld, type NodeWorld } from '../../test/engine/node-world.ts'
import { batchMessageSchema } from '../chain/batch-message.ts'
import { decode } from '../codec/codec.ts'

const mempools = ({ members }: NodeWorld, which: readonly number[]) =>
  which.map((index) => members[index]!.node().mempool().transactions)

/** Transactions handed to a node one by one: each stands in a batch of its own. */
async function submitOneByOne(world: NodeWorld, index: number, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    void world.members[index]!.node().submit([world.transfer()])
    await world.run(0.02)
  }
}

describe('after a partition', () => {
  it('all that one side took in reaches the other, by traffic that follows the difference and not the mempools', async () => {
    const pulled = { bytes: 0, comparing: 0 }
    let healed = false
    const world = createNodeWorld({
      // The only validator never starts: nothing enters a block, and all that is submitted waits.
      validators: 1,
      followers: 5,
      dials: (index) => Array.from({ length: index }, (_, other) => other).filter((other) => other > 0),
      onReceived(_to, _from, channel, message, protocol) {
        if (!healed || channel !== 'answer') return
        if (protocol === 'mempool') pulled.comparing += message.length
        else pulled.bytes += message.length
      },
    })
    const nodes = [1, 2, 3, 4, 5]
    const alone = 'node5'
    await world.start(...nodes)
    await world.run(2)
    await submitOneByOne(world, 1, 150)
    await submitOneByOne(world, 5, 150)
    await world.until(() => mempools(world, nodes).every((size) => size === 300), 10)

    const heal = world.world.station.block((from, to) => (from === alone) !== (to === alone))
    world.world.internet.cut((from, to) => (from === alone) !== (to === alone))
    await submitOneByOne(world, 1, 6)
    await submitOneByOne(world, 5, 4)
    await world.run(5)
    expect(mempools(world, nodes)).toEqual([306, 306, 306, 306, 304])
    heal()
    healed = true
    await world.until(() => mempools(world, nodes).every((size) => size === 310), 60)
    await world.run(2)

    // Each of the ten crosses to where it was missing: six to one node, four to the others. A transfer takes under 400 bytes.
    expect(pulled.bytes).toBeLessThan((6 + 4 * 4) * 400)
    // Four meetings. A list of the 300 hashes alone would be 10 KB each.
    expect(pulled.comparing).toBeLessThan(4 * 1500)
  })
})

describe('old and new', () => {
  it.each([
    ['the old one comes later', 1, 2],
    ['the new one comes later', 2, 1],
  ])('talk, each using only what both know: %s', async (_, first, second) => {
    const heard = { announcements: 0, comparisons: 0, peerLists: 0 }
    const world = createNodeWorld({
      validators: 1,
      followers: 2,
      dials: (index) => (index === 2 ? [1] : []),
      protocolVersionMax: (index) => (index === 1 ? first : second),
      onReceived(_to, _from, channel, message, protocol) {
        const batch = channel === 'batches' ? decode(batchMessageSchema, message) : undefined
        if (batch?.ok && batch.value.type === 'announce') heard.announcements += 1
        if (protocol === 'mempool') heard.comparisons += 1
        if (channel === 'peers') heard.peerLists += 1
      },
    })
    await world.start(1)
    await submitOneByOne(world, 1, 5)
    await world.start(2)
    await world.until(() => mempools(world, [2])[0] === 5, 20)
    await submitOneByOne(world, 2, 1)
    await world.until(() => mempools(world, [1])[0] === 6, 20)
    await world.run(40)
    expect(heard).toMatchObject({ comparisons: 0, peerLists: 0 })
    expect(heard.announcements).toBeGreaterThan(0)
  })

  it('of which both are new compare, and announce nothing that the other has', async () => {
    const announced: number[] = []
    const world = createNodeWorld({
      validators: 1,
      followers: 2,
      dials: (index) => (index === 2 ? [1] : []),
      onReceived(_to, _from, channel, message) {
        const batch = channel === 'batches' ? decode(batchMessageSchema, message) : undefined
        if (batch?.ok && batch.value.type === 'announce') announced.push(batch.value.hashes.length)
      },
    })
    await world.start(1)
    await submitOneByOne(world, 1, 5)
    await world.start(2)
    await world.until(() => mempools(world, [2])[0] === 5, 20)
    expect(announced).toEqual([])
  })
})

describe('a full mesh', () => {
  it('announces nothing: everybody knows whom the sender pushed to', async () => {
    let announced = 0
    const world = createNodeWorld({
      validators: 1,
      followers: 5,
      dials: (index) => Array.from({ length: index }, (_, other) => other).filter((other) => other > 0),
      onReceived(_to, _from, channel, message) {
        const batch = channel === 'batches' ? decode(batchMessageSchema, message) : undefined
        if (batch?.ok && batch.value.type === 'announce') announced += 1
      },
    })
    const nodes = [1, 2, 3, 4, 5]
    await world.start(...nodes)
    await world.run(3)
    for (const index of nodes) await submitOneByOne(world, index, 4)
    await world.until(() => mempools(world, nodes).every((size) => size === 20), 10)
    await world.run(1)
    expect(announced).toBe(0)
  })
})
