import { describe, expect, it } from 'vitest'
import { createNodeWorld, elapsedMs, heights, type NodeWorld } from '../../test/engine/node-world.ts'
import { quietHandlers } from '../../test/network/quiet-handlers.ts'
import { blockRequestSchema } from '../chain/block-message.ts'
import { consensusMessageSchema } from '../chain/consensus-message.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Verifier } from '../ports/verifier.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Ports } from './ports.ts'

const everySecond = { interval_ms: 1000 }

/** A peer of our own making: connects to everybody, claims a height ever again, and answers requests in its own way. */
async function joinLiar(
  { world, members }: NodeWorld,
  hello: Bytes,
  claimed: number,
  answer: (request: Bytes) => AsyncIterable<Bytes>,
) {
  const network = world.internet.join('liar')
  await network.start({
    ...quietHandlers,
    hello: () => hello,
    onRequest: (_peer, _protocol, request) => answer(request),
  })
  const nothing = new Uint8Array(1)
  const absent = {
    proposal: undefined,
    missingPolka: undefined,
    decided: undefined,
    missingBlock: undefined,
    validRound: undefined,
  }
  const roundState = { ...absent, height: claimed, round: 0, step: 0, prevotes: nothing, precommits: nothing }
  const claim = encode(consensusMessageSchema, { type: 'round-state', roundState })
  const pester = (): void => {
    for (const { machine } of members) network.connect(world.internet.addressOf(machine.id)).catch(() => undefined)
    for (const { id } of network.peers()) network.send(id, 'consensus', claim)
    world.scheduler.after(100, pester)
  }
  pester()
}

describe('a network of nodes', () => {
  it('keeps followers at the tip that only other followers can reach', async () => {
    const dials = (index: number) => (index < 4 ? Array.from({ length: index }, (_, other) => other) : [index - 1])
    const world = createNodeWorld({ validators: 4, followers: 4, dials, consensus: everySecond })
    await world.start()
    await world.until(() => Math.min(...heights(world)) >= 5, 15)
    await world.run(10)
    const [tip] = heights(world)
    expect(Math.max(...heights(world).map((height) => (tip ?? 0) - height))).toBeLessThanOrEqual(3)
  })

  it('decides when its validators stand in a line', async () => {
    const world = createNodeWorld({ validators: 4, dials: (index) => (index === 0 ? [] : [index - 1]), consensus: everySecond })
    await world.start()
    await world.until(() => Math.min(...heights(world)) >= 5, 40)
  })

  it('catches up from peers after it was away, and signs again', async () => {
    const world = createNodeWorld({ validators: 4, consensus: everySecond })
    await world.start(0, 1, 2)
    await world.until(() => (heights(world)[0] ?? 0) >= 8, 60)
    await world.start(3)
    const late = world.members[3]!
    await world.until(() => late.node().status().height >= 10 && late.node().status().signing, 20)
    expect(late.counters.get('synod_sync_blocks_total')).toBeGreaterThanOrEqual(8)
    expect(late.logs.filter(({ level }) => level === 'error')).toEqual([])
  })
})

describe('a network port that takes long to start', () => {
  it('lets peers in meanwhile, and block sync get ahead of consensus', async () => {
    const slow = (ports: Ports): Ports => ({
      ...ports,
      network: {
        ...ports.network,
        async start(handlers) {
          await ports.network.start(handlers)
          await new Promise<void>((resume) => ports.clock.schedule(900, resume))
        },
      },
    })
    const tamper = (index: number, ports: Ports) => (index === 0 ? slow(ports) : ports)
    const world = createNodeWorld({ validators: 4, consensus: { interval_ms: 50 }, tamper })
    await world.start(1, 2, 3)
    const reached = () => Math.min(...heights(world).slice(1))
    await world.until(() => reached() >= 60, 120)
    await world.start(0)
    await world.until(() => world.members[0]!.node().status().signing && (heights(world)[0] ?? 0) >= reached(), 30)
    expect(world.members.map((member) => member.node().status().fault)).toEqual([undefined, undefined, undefined, undefined])
  })
})

describe('a peer that claims a height it does not have', () => {
  it.each<[string, (request: Bytes) => AsyncIterable<Bytes>]>([
    [
      'answers nothing',
      async function* () {
        await new Promise(() => undefined)
        yield new Uint8Array()
      },
    ],
    [
      'ends its answers at once',
      async function* () {
        yield* []
      },
    ],
    [
      'answers with garbage',
      async function* () {
        yield Uint8Array.of(1, 2, 3)
      },
    ],
    [
      'answers with its question',
      async function* (request) {
        if (decode(blockRequestSchema, request).ok) yield request
      },
    ],
  ])('and %s holds nobody up and keeps no restarted validator from signing', async (_, answer) => {
    let honestHello: Bytes = new Uint8Array()
    const tamper = (_: number, ports: Ports): Ports => ({
      ...ports,
      network: {
        ...ports.network,
        start(handlers) {
          honestHello = handlers.hello('anybody', { id: 0, host: '', direction: 'outbound' })
          return ports.network.start(handlers)
        },
      },
    })
    const world = createNodeWorld({ validators: 4, consensus: everySecond, tamper })
    await world.start()
    await world.until(() => Math.min(...heights(world)) >= 2, 10)
    await joinLiar(world, honestHello, 1_000_000, answer)
    await world.run(1)
    const before = Math.min(...heights(world))
    await world.until(() => Math.min(...heights(world)) >= before + 8, 11)

    world.members[3]!.machine.crash()
    await world.run(2)
    await world.start(3)
    await world.until(() => world.members[3]!.node().status().signing, 10)
    await world.run(2)
    const met = world.members.flatMap(({ logs }) =>
      logs.filter(({ message, fields }) => message === 'peer connected' && fields['peer'] === 'liar'),
    )
    expect(met.length).toBeGreaterThanOrEqual(5)
  })
})

describe('a node that votes reach and blocks do not', () => {
  it('takes the decided blocks from those who have them, within the second', async () => {
    const deaf = (ports: Ports): Ports => ({
      ...ports,
      network: {
        ...ports.network,
        start: (handlers) =>
          ports.network.start({
            ...handlers,
            onMessage(peer, channel, message) {
              const decoded = channel === 'consensus' ? decode(consensusMessageSchema, message) : undefined
              if (!decoded?.ok || decoded.value.type !== 'proposal') handlers.onMessage(peer, channel, message)
            },
          }),
      },
    })
    const tamper = (index: number, ports: Ports) => (index === 3 ? deaf(ports) : ports)
    const world = createNodeWorld({ validators: 4, consensus: everySecond, tamper })
    await world.start()
    const late: number[] = []
    for (let height = 2; height < 10; height++) {
      await world.until(() => (heights(world)[0] ?? 0) >= height, 30)
      const decidedAt = elapsedMs(world)
      await world.until(() => (heights(world)[3] ?? 0) >= height, 10)
      late.push(elapsedMs(world) - decidedAt)
    }
    expect(late.toSorted((left, right) => left - right)[4]).toBeLessThan(1000)
  })
})

describe('validators that all lose power at once', () => {
  it('go on from their logs, and lose no block that any of them said yes to', async () => {
    const world = createNodeWorld({ validators: 4, consensus: { interval_ms: 300 } })
    await world.start()
    const finals = new Map<number, string>()
    for (let time = 0; time < 12; time++) {
      for (const member of world.members) {
        member.node().subscribe((event) => {
          if (event.type !== 'block') return
          const { height } = event.block.header
          const hash = toHex(event.hash)
          expect(finals.get(height) ?? hash).toBe(hash)
          finals.set(height, hash)
        })
      }
      void world.members[time % 4]!.node().submit([world.transfer()])
      // A different instruction each time: between a proposal, its votes and its commit.
      await world.run(0.6 + time * 0.017)
      for (const { machine } of world.members) machine.crash()
      await world.run(0.05)
      await world.start()
    }
    const before = Math.max(...finals.keys())
    await world.until(() => Math.min(...heights(world)) > before + 2, 30)
    expect(world.members.map((member) => member.node().status().fault)).toEqual([undefined, undefined, undefined, undefined])
  })
})

describe('a verifier that is too busy', () => {
  it('costs time and ends no node', async () => {
    let refusals = 0
    const busy = ({ verifier, ...ports }: Ports): Ports => {
      let asked = 0
      const sometimes = <T extends Verifier['bls']>(check: T) =>
        (async (items) => {
          asked++
          if (asked % 3 !== 0) return check(items)
          refusals++
          throw new OperationalError('VERIFIER_UNAVAILABLE', 'too much to check')
        }) as T
      return { ...ports, verifier: { bls: sometimes(verifier.bls), ed25519: sometimes(verifier.ed25519) } }
    }
    const world = createNodeWorld({ validators: 4, consensus: everySecond, tamper: (_, ports) => busy(ports) })
    await world.start()
    for (let time = 0; time < 8; time++) {
      await world.run(0.7)
      world.members[time % 4]!.node()
        .submit([world.transfer()])
        .catch(() => undefined)
    }
    await world.until(() => Math.min(...heights(world)) >= 6, 60)
    expect(refusals).toBeGreaterThan(20)
    expect(world.members.map((member) => member.node().status().fault)).toEqual([undefined, undefined, undefined, undefined])
  })
})

describe('a disk that is full', () => {
  it('ends the node with DISK_FULL, signs nothing more, and loses nothing', async () => {
    const world = createNodeWorld({ validators: 4, consensus: everySecond })
    await world.start()
    await world.until(() => Math.min(...heights(world)) >= 3, 10)
    const victim = world.members[0]!
    const failures: unknown[] = []
    const faults: string[] = []
    const node = victim.node()
    void node.failed.then((error) => failures.push(error))
    node.subscribe((event) => event.type === 'fault' && faults.push(event.message))
    const { height } = node.status()
    victim.machine.disk.fill(true)
    await world.until(() => failures.length > 0, 5)
    expect(failures).toMatchObject([{ code: 'DISK_FULL' }])
    expect(faults).toHaveLength(1)
    expect(node.status()).toMatchObject({ signing: false })
    const signed = [...victim.counters].filter(([name]) => name.startsWith('synod_consensus_signatures_total'))
    await world.run(5)
    expect([...victim.counters].filter(([name]) => name.startsWith('synod_consensus_signatures_total'))).toEqual(signed)
    expect(node.status().height).toBeGreaterThanOrEqual(height)
    const stopped = node.stop().catch(() => undefined)
    await world.run(1)
    await stopped

    victim.machine.crash()
    victim.machine.disk.fill(false)
    await world.start(0)
    expect(victim.node().status().height).toBeGreaterThanOrEqual(height)
    await world.until(() => victim.node().status().signing && victim.node().status().height > height + 5, 15)
  })

  it('ends the node while it takes blocks from peers, too', async () => {
    const world = createNodeWorld({ validators: 3, followers: 1, consensus: everySecond })
    await world.start(0, 1, 2)
    await world.until(() => (heights(world)[0] ?? 0) >= 5, 20)
    await world.start(3)
    const follower = world.members[3]!
    const failures: unknown[] = []
    void follower.node().failed.then((error) => failures.push(error))
    follower.machine.disk.fill(true)
    await world.until(() => failures.length > 0, 5)
    expect(failures).toMatchObject([{ code: 'DISK_FULL' }])
  })
})

describe('another machine with the same key', () => {
  it('is noticed before the newcomer signs anything', async () => {
    const world = createNodeWorld({ validators: 4, followers: 1, keyOf: (index) => index % 4, consensus: { interval_ms: 100 } })
    await world.start(0, 1, 2, 3)
    await world.until(() => Math.min(...heights(world).slice(0, 4)) >= 5, 20)
    await world.start(4)
    const double = world.members[4]!
    const fault = () => [double, world.members[0]!].map((member) => member.node().status().fault).find(Boolean)
    await world.until(() => fault() !== undefined, 20)
    expect(fault()).toContain('another machine signs with this validator')
  })

  it('is not seen in one’s own earlier votes, which peers send back after a crash', async () => {
    const world = createNodeWorld({ validators: 4, consensus: everySecond })
    await world.start()
    for (let time = 0; time < 5; time++) {
      await world.run(1.3)
      world.members[1]!.machine.crash()
      await world.run(0.4)
      await world.start(1)
    }
    await world.until(() => world.members[1]!.node().status().signing, 10)
    expect(world.members.map((member) => member.node().status().fault)).toEqual([undefined, undefined, undefined, undefined])
  })
})

describe('what a node reports', () => {
  it('is one line a final block, and its figures', async () => {
    const world = createNodeWorld({ validators: 4, consensus: everySecond })
    await world.start()
    await world.until(() => Math.min(...heights(world)) >= 4, 10)
    // A block is told once it is on disk.
    await world.run(0.1)
    const { logs, counters, node } = world.members[0]!
    const finals = logs.filter(({ level, message }) => level === 'info' && message === 'final')
    expect(finals).toHaveLength(node().status().height)
    expect(finals.at(-1)?.fields).toMatchObject({ height: node().status().height, transactions: 0, round: expect.any(Number) })
    expect(counters.get('synod_consensus_block_interval_seconds')).toBe(node().status().height - 1)
    expect(counters.has('synod_consensus_rounds_total')).toBe(true)
    expect(elapsedMs(world)).toBeLessThan(10_000)
  })
})
