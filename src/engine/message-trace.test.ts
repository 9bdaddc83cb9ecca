import { describe, expect, it } from 'vitest'
import { createNodeWorld, heights } from '../../test/engine/node-world.ts'
import { batchMessageSchema } from '../chain/batch-message.ts'
import { transactionId } from '../chain/block.ts'
import { decode } from '../codec/codec.ts'
import { type Hash, sha256 } from '../crypto/hash.ts'
import { utf8 } from '../primitives/bytes.ts'
import { createMessageTrace, type Sighting } from './message-trace.ts'

const hashOf = (name: string): Hash => sha256(utf8(name))

describe('a trace', () => {
  it('remembers what happened to each hash, in order, with all that was said of it', () => {
    let now = 100
    const trace = createMessageTrace(() => now++, 8)
    trace.noteTransaction('submitted', hashOf('t'))
    trace.noteTransaction('packed', hashOf('t'), { within: hashOf('b') })
    trace.note('packed', hashOf('b'))
    trace.note('pushed', hashOf('b'), { peer: 'ada' })
    trace.note('proposed', hashOf('b'), { height: 7, within: hashOf('x') })
    expect(trace.of(hashOf('t'))).toEqual([
      { event: 'submitted', at: 100 },
      { event: 'packed', at: 101, within: hashOf('b') },
    ])
    expect(trace.of(hashOf('b'))).toEqual([
      { event: 'packed', at: 102 },
      { event: 'pushed', at: 103, peer: 'ada' },
      { event: 'proposed', at: 104, height: 7, within: hashOf('x') },
    ])
    expect([trace.of(hashOf('x')), trace.completeSince]).toEqual([[], undefined])
  })

  it('forgets the oldest of its kind, nothing of an entry that stood there before, and says so', () => {
    let now = 0
    const trace = createMessageTrace(() => now++, 3)
    trace.note('pushed', hashOf('old'), { peer: 'ada', height: 1, within: hashOf('x') })
    for (const name of ['a', 'b']) trace.note('final', hashOf(name), { height: 2 })
    for (let index = 0; index < 2; index++) trace.noteTransaction('submitted', hashOf(`t${index}`))
    expect(trace.completeSince).toBeUndefined()
    trace.note('packed', hashOf('new'))
    expect(trace.of(hashOf('old'))).toEqual([])
    expect(trace.of(hashOf('new'))).toEqual([{ event: 'packed', at: 5 }])
    expect(trace.of(hashOf('t0'))).toHaveLength(1)
    expect(trace.completeSince).toBe(0)
  })

  it('that may keep nothing keeps nothing', () => {
    const trace = createMessageTrace(() => 1, 0)
    trace.note('final', hashOf('a'))
    trace.noteTransaction('submitted', hashOf('a'))
    expect([trace.of(hashOf('a')), trace.completeSince]).toEqual([[], undefined])
  })

  it('tells hashes apart that begin alike', () => {
    const trace = createMessageTrace(() => 1, 4)
    const one = hashOf('one')
    trace.note('final', one)
    expect(trace.of(one.with(31, (one[31] as number) ^ 1))).toEqual([])
  })
})

describe('a transaction, traced through four nodes', () => {
  const told = (sightings: readonly Sighting[]) => sightings.map(({ event, peer }) => (peer ? `${event} ${peer}` : event))

  it('was submitted at one, received by the others from it, proposed once, and is final everywhere', async () => {
    const world = createNodeWorld({ validators: 4, consensus: { interval_ms: 500 } })
    await world.start()
    await world.until(() => Math.min(...heights(world)) >= 1, 10)
    const nodes = world.members.map(({ node }) => node())
    const encoded = world.transfer()
    const id = transactionId(encoded)
    const submitted = nodes[1]!.submit([encoded])
    await world.until(() => nodes.every((node) => node.trace(id).block), 20)
    await submitted
    const { height, hash } = nodes[0]!.trace(id).block!
    await world.until(() => Math.min(...heights(world)) > height, 10)

    const traces = nodes.map((node) => node.trace(id))
    expect(told(traces[1]!.sightings)).toEqual(['submitted', 'packed'])
    for (const index of [0, 2, 3]) expect(told(traces[index]!.sightings)).toEqual(['received node1'])
    const batch = traces[1]!.sightings[1]!.within!
    expect(traces.map(({ sightings }) => sightings.at(-1)!.within)).toEqual(Array(4).fill(batch))

    const packed = told(nodes[1]!.trace(batch).sightings)
    expect(packed[0]).toBe('packed')
    expect(new Set(packed.slice(1, 4))).toEqual(new Set(['pushed node0', 'pushed node2', 'pushed node3']))
    for (const index of [0, 2, 3]) expect(told(nodes[index]!.trace(batch).sightings)[0]).toBe('received node1')

    expect(traces.map(({ block }) => block)).toEqual(Array(4).fill({ height, hash }))
    const ways = nodes.map((node) => told(node.trace(hash).sightings))
    expect(ways.filter((way) => way[0] === 'proposed')).toHaveLength(1)
    for (const way of ways) {
      expect(way[0]).toMatch(/^(proposed|received node[0-3])$/)
      expect(way.slice(1)).toEqual(['prevoted', 'precommitted', 'final'])
    }
    for (const node of nodes) {
      const times = node.trace(hash).sightings.map(({ at }) => at)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    }
  })
})

describe('bytes that arrive', () => {
  it('are useful the first time and duplicate the second', async () => {
    const pushed: number[] = []
    const world = createNodeWorld({
      validators: 4,
      consensus: { interval_ms: 500 },
      onReceived(to, _from, channel, message) {
        const decoded = channel === 'batches' && decode(batchMessageSchema, message)
        if (to === 'node0' && decoded && decoded.ok && decoded.value.type === 'push') pushed.push(decoded.value.encoded.length)
      },
    })
    await world.start()
    await world.until(() => Math.min(...heights(world)) >= 1, 10)
    const encoded = world.transfer()
    // Two nodes that take the same transaction at the same moment pack the same batch.
    const answers = Promise.all([1, 2].map((index) => world.members[index]!.node().submit([encoded])))
    await world.run(2)
    expect((await answers).flat().every(({ ok }) => ok)).toBe(true)

    const { batches, consensus } = world.members[0]!.node().net().usefulness
    const [bytes] = pushed
    expect(pushed).toEqual([bytes, bytes])
    expect(batches).toEqual({ usefulBytes: bytes, duplicateBytes: bytes })
    expect(consensus.usefulBytes).toBeGreaterThan(consensus.duplicateBytes)
    const { counters } = world.members[0]!
    expect(counters.get('synod_useful_bytes_total class=batches')).toBe(bytes)
    expect(counters.get('synod_duplicate_bytes_total class=batches')).toBe(bytes)
  })
})
