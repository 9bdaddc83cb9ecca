import { describe, expect, it } from 'vitest'
import { decode, encode } from '../codec/codec.ts'
import { type Hash, sha256 } from '../crypto/hash.ts'
import { batchHashesSchema, codedSymbolsSchema, mempoolRequestSchema } from '../mempool/reconciliation/reconciliation-message.ts'
import type { Network } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import { type Bytes, bytesKey, utf8 } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import { createMempoolMeeting } from './mempool-meeting.ts'
import { createMempoolServer } from './mempool-server.ts'
import type { Ports } from './ports.ts'

const hashes = (name: string, count: number): Hash[] =>
  Array.from({ length: count }, (_, index) => sha256(utf8(`${name} ${index}`)))
const poolOf = (held: readonly Hash[]) => ({ open: (limit: number) => held.slice(0, limit) })
const schedule = (_delayMs: number, task: () => void) => {
  queueMicrotask(task)
  return { cancel: () => undefined }
}
const clock = { now: () => 0, monotonic: () => 0, schedule }
const keys = (list: readonly Hash[]) => new Set(list.map(bytesKey))

/** One node that holds `own` meets another that holds `theirs`, or that answers as `answer` says. */
async function meet(own: readonly Hash[], theirs: readonly Hash[], answer?: (request: Bytes) => Iterable<Bytes>) {
  const server = createMempoolServer({ clock, pool: poolOf(theirs), batchesMax: 8192 })
  const wire = { bytes: 0, requests: 0 }
  const told: Hash[] = []
  const lacking: Hash[] = []
  const rejections: Rejection[] = []
  const network = {
    peers: () => [{ id: 'peer' }],
    async *request(_peer: string, _protocol: string, request: Bytes) {
      wire.requests += 1
      wire.bytes += request.length
      for await (const part of answer?.(request) ?? server.serve('us', request)) {
        wire.bytes += part.length
        yield part
      }
    },
  } as unknown as Network
  const entropy = { bytes: (length: number) => new Uint8Array(length).fill(3) }
  const ended = Promise.withResolvers<void>()
  const telemetry = { ...silence, count: (metric: string) => void (metric === 'synod_reconciliations_total' && ended.resolve()) }
  const meeting = createMempoolMeeting({
    ports: { clock, entropy, network, telemetry } as unknown as Ports,
    pool: poolOf(own),
    batchesMax: 8192,
    onLacking: (_peer, list) => void lacking.push(...list),
    announce: (_peer, list) => void told.push(...list),
    onRejection: (_peer, rejection) => void rejections.push(rejection),
  })
  meeting.meet('peer')
  await ended.promise
  await Promise.resolve()
  return { ...wire, told: keys(told), lacking: keys(lacking), rejections }
}

describe('two mempools that meet', () => {
  it('cost less than 1 KB when they hold the same 2,000 batches', async () => {
    const common = hashes('both', 2000)
    const met = await meet(common, common.toReversed())
    expect(met).toMatchObject({ told: new Set(), lacking: new Set(), rejections: [], requests: 1 })
    expect(met.bytes).toBeLessThan(1024)
    expect(met.bytes).toBeLessThan(200)
  })

  it.each([
    [2000, 1, 0],
    [2000, 0, 1],
    [2000, 20, 30],
    [500, 300, 100],
    [0, 3, 4],
    [0, 0, 500],
    [0, 500, 0],
    [10, 0, 2000],
    [1000, 2000, 1500],
  ])('with %i batches in common find the %i and %i that one of them has alone', async (common, mine, others) => {
    const both = hashes('both', common)
    const met = await meet([...hashes('mine', mine), ...both], [...both, ...hashes('others', others)])
    expect(met.rejections).toEqual([])
    expect(met.told).toEqual(keys(hashes('mine', mine)))
    expect(met.lacking).toEqual(keys(hashes('others', others)))
    // A hash is 33 bytes on the wire: never much more than a list of all, and about twice the hashes of the difference.
    expect(met.bytes).toBeLessThan(Math.min(400 + 80 * (mine + others), 600 + 100 * (common + others)))
  })

  it.each<[string, (request: Bytes) => Iterable<Bytes>]>([
    ['bytes that are no message', () => [Uint8Array.of(0xc1)]],
    ['no part at all', () => []],
    ['fewer symbols than asked for', () => [encode(codedSymbolsSchema, { held: 5, symbols: new Uint8Array(14) })]],
    ['half a symbol', () => [encode(codedSymbolsSchema, { held: 5, symbols: new Uint8Array(15) })]],
    ['symbols of no set', () => [encode(codedSymbolsSchema, { held: 5, symbols: nonsense(8) })]],
    [
      'a list that never ends',
      function* (request) {
        const asked = decode(mempoolRequestSchema, request)
        if (asked.ok && asked.value.type !== 'open') throw new Error('busy')
        for (let part = 0; part < 1000; part++) yield encode(batchHashesSchema, { hashes: hashes(`part ${part}`, 1000) })
      },
    ],
  ])('punish %s, and fall back to announcing', async (_, answer) => {
    const own = hashes('mine', 50)
    const met = await meet(own, [], answer)
    expect(met.rejections).toHaveLength(1)
    expect(met.told).toEqual(keys(own))
    expect(met.requests).toBeLessThanOrEqual(2)
  })

  it('gives up on symbols without end that never add up, and bounds what it asks for', async () => {
    let symbols = 0
    const met = await meet(hashes('mine', 100), [], (request) => {
      const asked = decode(mempoolRequestSchema, request)
      if (!asked.ok || asked.value.type !== 'symbols') return [encode(batchHashesSchema, { hashes: hashes('theirs', 3) })]
      symbols += asked.value.count
      return [encode(codedSymbolsSchema, { held: 1e6, symbols: sums(asked.value.count) })]
    })
    expect(symbols).toBeLessThanOrEqual(8192)
    expect(met.lacking).toEqual(keys(hashes('theirs', 3)))
  })

  it('fall back to a list when the other has forgotten the comparison', async () => {
    const met = await meet(hashes('mine', 5), hashes('others', 5), (request) => {
      const asked = decode(mempoolRequestSchema, request)
      if (!asked.ok || asked.value.type !== 'open') throw new Error('too many compare')
      return [encode(batchHashesSchema, { hashes: hashes('others', 5) })]
    })
    expect(met.rejections).toEqual([])
    expect(met.told).toEqual(keys(hashes('mine', 5)))
    expect(met.lacking).toEqual(keys(hashes('others', 5)))
  })
})

describe('who answers a comparison', () => {
  const salt = new Uint8Array(16)
  const ask = (server: ReturnType<typeof createMempoolServer>, peer: string, first: number, count = 8) =>
    everyOf(server.serve(peer, encode(mempoolRequestSchema, { type: 'symbols', salt, first, count })))

  it('refuses what does not follow on, garbage, and comparisons without end', async () => {
    const server = createMempoolServer({ clock, pool: poolOf(hashes('own', 10)), batchesMax: 100 })
    await expect(ask(server, 'peer', 8)).rejects.toThrow('no comparison')
    expect(await ask(server, 'peer', 0)).toHaveLength(1)
    await expect(ask(server, 'peer', 4)).rejects.toThrow('no comparison')
    await expect(ask(server, 'another', 8)).rejects.toThrow('no comparison')
    await expect(everyOf(server.serve('peer', Uint8Array.of(1, 2, 3)))).rejects.toThrow('CODEC')
    await expect(Promise.all(Array.from({ length: 20 }, () => ask(server, 'peer', 0)))).rejects.toThrow('PEER_OVER_BUDGET')
  })

  it('speaks of the set as it was when the comparison began', async () => {
    const held = hashes('own', 10)
    const server = createMempoolServer({ clock, pool: poolOf(held), batchesMax: 100 })
    const still = createMempoolServer({ clock, pool: poolOf([...held]), batchesMax: 100 })
    const before = [await ask(server, 'peer', 0), await ask(still, 'peer', 0)]
    held.push(...hashes('later', 5))
    expect(before[0]).toEqual(before[1])
    expect(await ask(server, 'peer', 8)).toEqual(await ask(still, 'peer', 8))
  })
})

/** Cells of one item each, which cannot all be. */
function nonsense(count: number): Bytes {
  return new Uint8Array(14 * count).fill(9)
}

/** Cells that no set has, and of which none is pure. */
function sums(count: number): Bytes {
  return Uint8Array.from({ length: 14 * count }, (_, index) => (index * 7) % 251)
}

async function everyOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
