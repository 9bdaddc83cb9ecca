import { describe, expect, it } from 'vitest'
import { createNodeWorld, type NodeWorld, type NodeWorldOptions } from '../../test/engine/node-world.ts'
import { quietHandlers } from '../../test/network/quiet-handlers.ts'
import type { NetworkHandlers } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Ports } from './ports.ts'
import type { NodeEvent } from './synod-node.ts'

const everySecond = { interval_ms: 1000 }
const minute = 60_000

/** Four validators, each dialling those before it, all of them connected. */
async function connectedWorld(options: Partial<NodeWorldOptions> = {}): Promise<NodeWorld> {
  const world = createNodeWorld({ validators: 4, consensus: everySecond, ...options })
  await world.start()
  await world.until(() => world.members.every((_, index) => peersOf(world, index).length === 3), 10)
  return world
}

const peersOf = (world: NodeWorld, index: number) =>
  world.members[index]!.node()
    .peers()
    .map(({ id }) => id)
const operatorOf = (world: NodeWorld, index: number) => world.members[index]!.node().operator
const hostOf = (world: NodeWorld, id: string) =>
  world.members[0]!.node()
    .peers()
    .find((peer) => peer.id === id)!.host

describe('the operator', () => {
  it('bans a peer for a time: it goes at once, is not let in, and comes back afterwards', async () => {
    const world = await connectedWorld()
    const events: NodeEvent[] = []
    world.members[0]!.node().subscribe((event) => void events.push(event))
    operatorOf(world, 0).ban('node3', minute)
    expect(peersOf(world, 0)).not.toContain('node3')
    const until = close(world.world.scheduler.now() + minute)
    expect(operatorOf(world, 0).bans()).toEqual([
      { target: 'node3', kind: 'peer', until, by: 'operator', reason: 'by the operator' },
    ])
    expect(events).toContainEqual({ type: 'ban', target: 'node3', reason: 'by the operator', until })
    await world.run(55)
    expect(peersOf(world, 0)).not.toContain('node3')
    await world.until(() => peersOf(world, 0).includes('node3'), 60)
    expect(operatorOf(world, 0).bans()).toEqual([])
  })

  it('bans an address and a block, and is told which connections it meant', async () => {
    const world = await connectedWorld()
    const host = hostOf(world, 'node2')
    operatorOf(world, 0).ban(host)
    expect(peersOf(world, 0)).toEqual(expect.arrayContaining(['node1', 'node3']))
    expect(peersOf(world, 0)).not.toContain('node2')
    operatorOf(world, 0).ban(`${host.split('.')[0]}.0.0.0/8`)
    expect(peersOf(world, 0)).toEqual([])
    await world.run(30)
    expect(peersOf(world, 0)).toEqual([])
    expect(world.members[0]!.counters.get('synod_connections_refused_total limit=denied')).toBeGreaterThan(3)
    expect(operatorOf(world, 0).unban(`${host.split('.')[0]}.0.0.0/8`)).toBe(true)
    await world.until(() => peersOf(world, 0).length === 2, 60)
    expect(peersOf(world, 0)).not.toContain('node2')
  })

  it('allows one of a banned block', async () => {
    const world = await connectedWorld()
    const host = hostOf(world, 'node2')
    operatorOf(world, 0).allow(host)
    operatorOf(world, 0).deny(`${host.split('.')[0]}.0.0.0/8`)
    expect(peersOf(world, 0)).toEqual(['node2'])
    expect(operatorOf(world, 0).allowed()).toEqual([host])
    expect(operatorOf(world, 0).disallow(host)).toBe(true)
    expect(operatorOf(world, 0).disallow(host)).toBe(false)
  })

  it('disconnects, and says when there is nobody to disconnect', async () => {
    const world = await connectedWorld()
    expect(operatorOf(world, 0).disconnect('node1', 'for a moment')).toBe(true)
    expect(operatorOf(world, 0).disconnect('nobody', 'for a moment')).toBe(false)
    await world.until(() => peersOf(world, 0).includes('node1'), 5)
  })

  it.each(['', '10.0.0.0/99', 'not a peer'])('is told that %j is no target', async (target) => {
    const world = createNodeWorld({ validators: 1, consensus: everySecond })
    await world.start()
    for (const verb of ['ban', 'unban', 'allow', 'disallow', 'deny'] as const) {
      expect(() => operatorOf(world, 0)[verb](target)).toThrow(expect.objectContaining({ code: 'ACCESS_TARGET_INVALID' }))
    }
  })
})

describe('bans', () => {
  it('survive a crash, those by the operator and those for conduct', async () => {
    let hello: Bytes = new Uint8Array()
    const tamper = (_: number, ports: Ports): Ports => {
      const start = (handlers: NetworkHandlers) => {
        hello = handlers.hello('anybody', { id: 0, host: '', direction: 'outbound' })
        return ports.network.start(handlers)
      }
      return { ...ports, network: { ...ports.network, start } }
    }
    const world = await connectedWorld({ tamper })
    const liar = world.world.internet.join('liar')
    await liar.start({
      ...quietHandlers,
      hello: () => hello,
    })
    const address = world.world.internet.addressOf('node0')
    let failure: unknown
    const knock = async () => {
      let ended = false
      failure = undefined
      const outcome = liar.connect(address).catch((error: unknown) => {
        failure = error
      })
      void outcome.then(() => (ended = true))
      await world.until(() => ended, 20)
    }
    await knock()
    expect(peersOf(world, 0)).toContain('liar')
    for (let count = 0; count < 5; count++) liar.send('node0', 'consensus', Uint8Array.of(0xc1))
    await world.until(() => !peersOf(world, 0).includes('liar'), 10)
    operatorOf(world, 0).ban('node3')
    const before = operatorOf(world, 0).bans()
    expect(before.map(({ target, by }) => [target, by])).toEqual([
      ['node3', 'operator'],
      ['liar', 'conduct'],
    ])

    await world.run(3)
    world.members[0]!.machine.crash()
    await world.run(2)
    await world.start(0)
    expect(operatorOf(world, 0).bans()).toEqual(before.map((ban) => ({ ...ban, until: close(ban.until) })))
    await knock()
    expect(failure).toMatchObject({ code: 'DIAL_FAILED' })
    await world.run(60)
    expect(peersOf(world, 0)).not.toContain('node3')
    expect(peersOf(world, 0)).not.toContain('liar')
    expect(operatorOf(world, 0).unban('liar')).toBe(true)
    await knock()
    expect(peersOf(world, 0)).toContain('liar')
  })

  it('are begun anew, with a warning, when their file is damaged, and the node starts', async () => {
    const world = createNodeWorld({
      validators: 4,
      consensus: everySecond,
      tamper: (index, ports) => {
        if (index !== 0) return ports
        const readSmall = async (name: string) => {
          const content = await ports.disk.readSmall(name)
          return name === 'reputation' && content ? content.slice(1) : content
        }
        return { ...ports, disk: { ...ports.disk, readSmall } }
      },
    })
    await world.start()
    operatorOf(world, 0).ban('node3')
    await world.run(3)
    const written = world.members[0]!.machine.disk.small('reputation')!
    world.members[0]!.machine.crash()
    await world.start(0)
    expect(operatorOf(world, 0).bans()).toEqual([])
    expect(world.members[0]!.machine.disk.small('reputation-damaged')).toEqual(written.slice(1))
    expect(
      world.members[0]!.logs.filter(({ level, message }) => level === 'warn' && message.includes('reputation')),
    ).toHaveLength(1)
    await world.until(() => peersOf(world, 0).length === 3, 40)
  })
})

/** Times are kept to the millisecond, and a restart may round them twice. */
function close(time: number | 'forever') {
  return time === 'forever' ? time : expect.closeTo(time, -1)
}
