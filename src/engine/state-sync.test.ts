import { describe, expect, it } from 'vitest'
import { createNodeWorld, heights } from '../../test/engine/node-world.ts'
import { stateRangeSchema } from '../application/state-tree/range-proof.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import type { RequestProtocol } from '../ports/network.ts'
import { snapshotListSchema } from '../sync/snapshot-message.ts'
import type { Ports } from './ports.ts'
import type { StateSyncSettings } from './snapshot-settings.ts'

const validators = 4
const newcomer = 4
const dayMs = 86_400_000

interface Scene {
  /** What a node answers to a request for snapshots, in place of what it would have. */
  readonly lie?: (index: number, answer: Uint8Array) => Uint8Array | undefined
  readonly interval?: number
  readonly patienceMs?: number
}

/** Four validators that keep states for others, and one node that comes later and trusts block 1. */
async function setUp({ lie, interval = 6, patienceMs = 1_500 }: Scene = {}) {
  let trust: StateSyncSettings['trust'] | undefined
  const asked: string[] = []
  const network = createNodeWorld({
    validators,
    followers: 1,
    consensus: { interval_ms: 200 },
    dials: (index) => (index === newcomer ? [0, 1, 2, 3] : Array.from({ length: index }, (_, other) => other)),
    snapshots: () => ({ intervalBlocks: interval, kept: 2 }),
    stateSync: (index) => (index === newcomer && trust ? { trust, lagBlocksMin: 20, patienceMs } : undefined),
    tamper: (index, ports) => (lie && index < validators ? lying(ports, (answer) => lie(index, answer)) : ports),
    onReceived(to, from, channel, _message, protocol?: RequestProtocol) {
      if (channel !== 'answer' || to !== `node${newcomer}`) return
      if (protocol === 'snapshot') asked.push(from)
    },
  })
  await network.start(0, 1, 2, 3)
  for (const height of [3, 9, 14]) {
    void network.members[0]!.node().submit([network.transfer()])
    await network.until(() => heights(network)[0]! >= height, 60)
  }
  const first = (await network.members[0]!.node().commit(1))!
  trust = { height: 1, hash: first.blockHash as Hash, periodMs: dayMs }
  return { network, asked }
}

function lying(ports: Ports, lie: (answer: Uint8Array) => Uint8Array | undefined): Ports {
  return {
    ...ports,
    network: {
      ...ports.network,
      start: (handlers) =>
        ports.network.start({
          ...handlers,
          async *onRequest(peer, protocol, message) {
            for await (const part of handlers.onRequest(peer, protocol, message)) {
              yield protocol === 'snapshot' ? (lie(part) ?? part) : part
            }
          },
        }),
    },
  }
}

const logsOf = (network: Awaited<ReturnType<typeof setUp>>['network'], message: string) =>
  network.members[newcomer]!.logs.filter((line) => line.message === message)

describe('state sync', { timeout: 60_000 }, () => {
  it('begins with the state of a recent block, goes on from there with blocks, and serves what it has', async () => {
    const { network, asked } = await setUp()
    await network.start(newcomer)
    await network.until(() => heights(network)[newcomer]! >= 12, 30)
    const tip = heights(network)[0]!
    void network.members[0]!.node().submit([network.transfer()])
    await network.until(() => heights(network)[newcomer]! > tip, 30)
    const node = network.members[newcomer]!.node()
    expect(logsOf(network, 'the state is there')).toHaveLength(1)
    expect(await node.block(5)).toBeUndefined()
    expect(asked.length).toBeGreaterThan(3)
    const height = Math.min(...heights(network))
    const blocks = await Promise.all(network.members.map((member) => member.node().block(height)))
    expect(new Set(blocks.map((block) => block && Buffer.from(block.header.appHash).toString('hex'))).size).toBe(1)
    await network.until(() => node.status().mode === 'consensus', 10)
  })

  it('asks others, and punishes, where a chunk is false', async () => {
    const bent: number[] = []
    const { network } = await setUp({
      lie(index, answer) {
        const range = decode(stateRangeSchema, answer)
        if (index === 3 || !range.ok || range.value.entries.length === 0) return undefined
        bent.push(index)
        const entries = range.value.entries.map((entry, at) => (at === 0 ? { ...entry, value: new Uint8Array(9) } : entry))
        return encode(stateRangeSchema, { ...range.value, entries })
      },
    })
    await network.start(newcomer)
    await network.until(() => heights(network)[newcomer]! >= 12, 60)
    await network.until(() => logsOf(network, 'the state is there').length === 1, 5)
    const { logs } = network.members[newcomer]!
    const liars = logs
      .filter(({ message }) => message === 'a peer sent a false part of a snapshot')
      .map(({ fields }) => fields['peer'])
    expect(liars.length).toBeGreaterThan(0)
    expect(liars).not.toContain('node3')
  })

  it('believes no height that is only claimed, and takes blocks where there is nothing else', async () => {
    const { network } = await setUp({
      lie: (_, answer) =>
        decode(snapshotListSchema, answer).ok
          ? encode(snapshotListSchema, { snapshots: [{ height: 1_000_000, entries: 1_000_000 }] })
          : undefined,
    })
    await network.start(newcomer)
    await network.until(() => heights(network)[newcomer]! >= 12, 90)
    expect(logsOf(network, 'a snapshot is offered whose block cannot be trusted').length).toBeGreaterThan(0)
    expect(logsOf(network, 'the state is there')).toEqual([])
    expect(await network.members[newcomer]!.node().block(5)).toBeDefined()
  })

  it('goes on after a crash anywhere', async () => {
    for (const [index, afterMs] of [20, 560].entries()) {
      const { network } = await setUp({ interval: 4 + index })
      await network.start(newcomer)
      await network.run(afterMs / 1000)
      network.members[newcomer]!.machine.crash()
      await network.run(1)
      await network.start(newcomer)
      await network.until(() => heights(network)[newcomer]! >= 12, 60)
      expect((await network.members[newcomer]!.node().block(1)) === undefined).toBe(true)
    }
  })
})
