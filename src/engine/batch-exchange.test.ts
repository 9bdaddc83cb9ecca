import { describe, expect, it } from 'vitest'
import { createNodeWorld, heights } from '../../test/engine/node-world.ts'
import { batchSchema, encodedBatchHash } from '../chain/batch.ts'
import { batchMessageSchema } from '../chain/batch-message.ts'
import { consensusMessageSchema } from '../chain/consensus-message.ts'
import { decode } from '../codec/codec.ts'
import type { Channel, PeerId } from '../ports/network.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'

/** Counts what of batches and proposals reaches each node. */
function createWire() {
  const transactions = new Map<PeerId, Map<string, number>>()
  const batches = new Map<string, string[]>()
  const proposals: { bytes: number; transactions: number }[] = []

  function countBatch(to: PeerId, encoded: Bytes, way: string): void {
    const batch = decode(batchSchema, encoded)
    if (!batch.ok) return
    const key = toHex(encodedBatchHash(encoded))
    batches.set(key, [...(batches.get(key) ?? []), `${to} ${way}`])
    const seen = transactions.get(to) ?? new Map<string, number>()
    transactions.set(to, seen)
    for (const transaction of batch.value.transactions) seen.set(toHex(transaction), (seen.get(toHex(transaction)) ?? 0) + 1)
  }

  function onReceived(to: PeerId, _from: PeerId, channel: Channel | 'answer', message: Bytes): void {
    if (channel === 'answer') countBatch(to, message, 'pulled')
    if (channel === 'batches') {
      const decoded = decode(batchMessageSchema, message)
      if (decoded.ok && decoded.value.type === 'push') countBatch(to, decoded.value.encoded, 'pushed')
    }
    if (channel !== 'consensus') return
    const decoded = decode(consensusMessageSchema, message)
    if (!decoded.ok || decoded.value.type !== 'proposal') return
    const { runs } = decoded.value.proposal.block.order
    proposals.push({ bytes: message.length, transactions: runs.reduce((sum, run) => sum + run.count, 0) })
  }

  return { transactions, batches, proposals, onReceived }
}

describe('batch exchange, counted on the wire', () => {
  it('brings the bytes of 1000 transactions to each of four nodes once, and proposals that hardly grow with them', async () => {
    const wire = createWire()
    const world = createNodeWorld({ validators: 4, consensus: { interval_ms: 500 }, onReceived: wire.onReceived })
    await world.start()
    await world.until(() => Math.min(...heights(world)) >= 1, 10)
    const sent = Array.from({ length: 1000 }, () => world.transfer(76))
    expect(sent.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(249_000)
    const answers = await submitTo(world, 1, sent)
    expect(answers.every((answer) => answer.ok)).toBe(true)
    const included = () => world.members.map(({ counters }) => counters.get('synod_transactions_total') ?? 0)
    await world.until(() => Math.min(...included()) === 1000, 20)

    for (const node of ['node0', 'node2', 'node3']) {
      const counts = [...(wire.transactions.get(node)?.values() ?? [])]
      expect(counts).toHaveLength(1000)
      expect(Math.max(...counts)).toBe(1)
    }
    expect(wire.transactions.get('node1')).toBeUndefined()
    expect([...wire.batches.values()].flat().filter((way) => way.includes('pulled'))).toEqual([])
    // 1000 transactions are 250 KB; the proposals that order them are a header, a commit and a few hashes.
    const largest = Math.max(...wire.proposals.map(({ bytes }) => bytes))
    expect(wire.proposals.reduce((most, { transactions }) => Math.max(most, transactions), 0)).toBeGreaterThan(300)
    expect(largest).toBeLessThan(2000)
  })

  it('pulls, once, what was announced and not pushed: a line of nodes', async () => {
    const wire = createWire()
    const dials = (index: number) => (index === 0 ? [] : [index - 1])
    const world = createNodeWorld({
      validators: 1,
      followers: 3,
      dials,
      consensus: { interval_ms: 500 },
      onReceived: wire.onReceived,
    })
    await world.start()
    await world.run(1)
    await submitTo(world, 3, [world.transfer(), world.transfer()])
    await world.until(() => (world.members[0]?.counters.get('synod_transactions_total') ?? 0) === 2, 20)
    const [ways] = [...wire.batches.values()]
    expect(ways).toEqual(['node2 pushed', 'node1 pulled', 'node0 pulled'])
  })

  it('tells a peer that comes later what waits', async () => {
    const world = createNodeWorld({ validators: 1, followers: 1, consensus: { interval_ms: 500 } })
    await world.start(1)
    await submitTo(world, 1, [world.transfer()])
    await world.run(1)
    await world.start(0)
    await world.until(() => (world.members[0]?.counters.get('synod_transactions_total') ?? 0) === 1, 20)
  })

  it('refuses transactions once the node is stopped', async () => {
    const world = createNodeWorld({ validators: 1 })
    await world.start()
    const node = world.members[0]!.node()
    const stopped = node.stop()
    await world.run(1)
    await stopped
    await expect(node.submit([world.transfer()])).rejects.toMatchObject({ code: 'NODE_STOPPED' })
  })
})

async function submitTo(world: ReturnType<typeof createNodeWorld>, index: number, sent: readonly Bytes[]) {
  const answers = world.members[index]!.node().submit(sent)
  await world.run(0.2)
  return answers
}
