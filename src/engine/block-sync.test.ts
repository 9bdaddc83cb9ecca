import { describe, expect, it } from 'vitest'
import { createNodeWorld, type NodeWorld } from '../../test/engine/node-world.ts'
import { withHandlers } from '../simulator/byzantine/eavesdrop.ts'
import { falseHistorian } from '../simulator/byzantine/false-historian.ts'
import type { Ports } from './ports.ts'

const hasty = { interval_ms: 200, empty_blocks: true }
const heightOf = (world: NodeWorld, index: number) => world.members[index]!.node().status().height
const sumOf = (world: NodeWorld, index: number, metric: string) =>
  [...world.members[index]!.counters].filter(([name]) => name.startsWith(metric)).reduce((sum, [, count]) => sum + count, 0)

/** Answers all but the last part, and then nothing ever. */
function stalling(ports: Ports, protocol: string): Ports {
  return withHandlers(ports, (handlers) => ({
    ...handlers,
    async *onRequest(peer, asked, message) {
      let held: Uint8Array | undefined
      for await (const part of handlers.onRequest(peer, asked, message)) {
        if (held) yield held
        held = part
      }
      if (asked === protocol) await new Promise(() => undefined)
      if (held) yield held
    },
  }))
}

describe('a node that joins late', { timeout: 60_000 }, () => {
  it('takes the chain from its peers, shows how far it is, and follows', async () => {
    const world = createNodeWorld({ validators: 4, followers: 1, consensus: hasty })
    await world.start(0, 1, 2, 3)
    await world.until(() => heightOf(world, 0) >= 20, 60)
    await world.start(4)
    const modes = new Set<string>()
    await world.until(() => {
      const { mode, progress } = world.members[4]!.node().status()
      modes.add(mode)
      if (progress) expect(progress.target).toBeGreaterThanOrEqual(progress.height)
      return heightOf(world, 4) >= 20
    }, 5)
    expect(modes).toContain('block-sync')
    await world.until(() => world.members[4]!.node().status().mode === 'consensus' && heightOf(world, 4) > 22, 10)
    expect(sumOf(world, 4, 'synod_sync_blocks_total')).toBeGreaterThan(15)
    expect(sumOf(world, 4, 'synod_sync_lies_total')).toBe(0)
  })

  it.each(['headers', 'block'])('is not held up by a peer that stalls before the last %s', async (protocol) => {
    const world = createNodeWorld({
      validators: 4,
      followers: 1,
      consensus: hasty,
      tamper: (index, ports) => (index === 0 ? stalling(ports, protocol) : ports),
    })
    await world.start(0, 1, 2, 3)
    await world.until(() => heightOf(world, 1) >= 20, 60)
    await world.start(4)
    await world.until(() => heightOf(world, 4) >= heightOf(world, 1) - 2, 15)
  })

  it('believes no liar, and lowers its name', async () => {
    const world = createNodeWorld({
      validators: 4,
      followers: 1,
      consensus: hasty,
      dials: (index) => (index < 4 ? Array.from({ length: index }, (_, other) => other) : [0, 1, 2]),
      tamper(index, ports) {
        if (index !== 0) return ports
        const { chainId, spec, validators } = world.world.chain
        return falseHistorian({
          ports,
          keypair: validators[0]!,
          chainId,
          spec,
          random: { ...world.world.random.fork('liar'), chance: () => false },
        })
      },
    })
    await world.start(0, 1, 2, 3)
    await world.until(() => heightOf(world, 1) >= 20, 60)
    await world.start(4)
    await world.until(() => heightOf(world, 4) >= heightOf(world, 1) - 2, 30)
    expect(sumOf(world, 4, 'synod_sync_lies_total')).toBeGreaterThan(0)
  })
})

describe('a validator that lags', { timeout: 60_000 }, () => {
  it('signs nothing until it has caught up, and goes back to consensus by itself', async () => {
    const world = createNodeWorld({ validators: 4, consensus: hasty })
    await world.start()
    await world.until(() => heightOf(world, 3) >= 5, 20)
    world.members[3]!.machine.crash()
    await world.until(() => heightOf(world, 0) >= 25, 60)
    const { height } = world.members[0]!.node().status()
    const signedBefore = sumOf(world, 3, 'synod_consensus_signatures_total')
    await world.start(3)
    await world.until(() => {
      if (heightOf(world, 3) < height) expect(sumOf(world, 3, 'synod_consensus_signatures_total')).toBe(signedBefore)
      return heightOf(world, 3) >= height
    }, 10)
    await world.until(() => sumOf(world, 3, 'synod_consensus_signatures_total') > signedBefore, 10)
    expect(world.members[3]!.node().status()).toMatchObject({ mode: 'consensus', signing: true, progress: undefined })
  })
})

describe('a newcomer to a chain that is faster than two round trips', { timeout: 60_000 }, () => {
  it('reaches its end, and stays there', async () => {
    const world = createNodeWorld({ validators: 4, followers: 1, consensus: { interval_ms: 100 } })
    await world.start(0, 1, 2, 3)
    await world.until(() => heightOf(world, 0) >= 5, 20)
    await world.start(4)
    await world.run(3)
    const lags: number[] = []
    const modes: string[] = []
    for (let time = 0; time < 20; time++) {
      await world.run(0.25)
      lags.push(heightOf(world, 0) - heightOf(world, 4))
      modes.push(world.members[4]!.node().status().mode)
    }
    expect(Math.max(...lags)).toBeLessThanOrEqual(2)
    // It fetches what it missed, and is back in between, again and again.
    expect(modes.filter((mode) => mode === 'consensus').length).toBeGreaterThan(2)
  })
})
