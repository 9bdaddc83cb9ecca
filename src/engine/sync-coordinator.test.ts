import { describe, expect, it } from 'vitest'
import { createNodeWorld, type NodeWorld } from '../../test/engine/node-world.ts'
import { headerRangeSchema } from '../chain/header-message.ts'
import { decode, encode } from '../codec/codec.ts'
import { helloSchema } from '../peers/hello.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { withHandlers } from '../simulator/byzantine/eavesdrop.ts'
import type { Ports } from './ports.ts'

const seldom = { interval_ms: 4000, empty_blocks: true }

/** A node whose answers to one protocol are changed on their way out. */
function answering(ports: Ports, protocol: string, change: (part: Bytes) => Bytes): Ports {
  return withHandlers(ports, (handlers) => ({
    ...handlers,
    async *onRequest(peer, asked, message) {
      for await (const part of handlers.onRequest(peer, asked, message)) yield asked === protocol ? change(part) : part
    },
  }))
}

const surveyOf = (world: NodeWorld, index: number) => world.members[index]!.node().status().survey

describe('comparing oneself with one’s peers', () => {
  it('finds them on the same chain every 30 s, and on demand', async () => {
    const world = createNodeWorld({ validators: 4, consensus: seldom })
    await world.start()
    expect(surveyOf(world, 0)).toBeUndefined()
    await world.until(() => surveyOf(world, 0) !== undefined, 40)
    expect(surveyOf(world, 0)).toMatchObject({
      peers: 3,
      answered: 3,
      strangers: 0,
      alone: false,
      different: 0,
      stateHolds: true,
    })
    const { agreedHeight, same, comparedHeight } = surveyOf(world, 0)!
    expect(agreedHeight).toBeGreaterThan(4)
    expect(same).toBeGreaterThanOrEqual(2)
    let asked = 0
    world.members[1]!.node()
      .survey()
      .then((report) => {
        asked = report.comparedHeight
      })
    await world.until(() => asked > 0, 5)
    expect(asked).toBeGreaterThanOrEqual(comparedHeight)
  })

  it('exposes a peer that tells of another block, and goes on', async () => {
    const world = createNodeWorld({
      validators: 4,
      consensus: seldom,
      tamper: (index, ports) =>
        index !== 3
          ? ports
          : answering(ports, 'headers', (part) => {
              const range = decode(headerRangeSchema, part)
              if (!range.ok) return part
              const headers = range.value.headers.map((header) => ({ ...header, time: header.time + 1 }))
              return encode(headerRangeSchema, { headers, commit: range.value.commit })
            }),
    })
    await world.start()
    await world.until(() => surveyOf(world, 0) !== undefined, 40)
    expect(surveyOf(world, 0)!.different).toBe(1)
    const { standing } = world.members[0]!.node()
      .peers()
      .find(({ id }) => id === 'node3')!
    expect(standing.score).toBeLessThan(0)
    const { height } = world.members[0]!.node().status()
    await world.until(() => world.members[0]!.node().status().height > height + 1, 20)
  })

  it('sends away whose genesis is another, and takes no harm from it', async () => {
    const world = createNodeWorld({
      validators: 4,
      consensus: seldom,
      tamper: (index, ports) =>
        index !== 3
          ? ports
          : answering(ports, 'status', (part) => {
              const hello = decode(helloSchema, part)
              return hello.ok ? encode(helloSchema, { ...hello.value, genesisRoot: new Uint8Array(32) as never }) : part
            }),
    })
    await world.start()
    await world.until(() => surveyOf(world, 0) !== undefined, 40)
    expect(surveyOf(world, 0)).toMatchObject({ strangers: 1, alone: false })
    const { height } = world.members[0]!.node().status()
    await world.until(() => world.members[0]!.node().status().height > height + 1, 20)
  })

  it('says so when nobody who was met shares the genesis', async () => {
    const world = createNodeWorld({
      validators: 1,
      followers: 1,
      consensus: seldom,
      tamper: (index, ports) =>
        index === 0
          ? ports
          : {
              ...ports,
              network: {
                ...ports.network,
                start: (handlers) =>
                  ports.network.start({
                    ...handlers,
                    hello(peer, connection) {
                      const hello = decode(helloSchema, handlers.hello(peer, connection))
                      if (!hello.ok) throw new Error('a node says hello')
                      return encode(helloSchema, { ...hello.value, genesisRoot: new Uint8Array(32) as never })
                    },
                  }),
              },
            },
    })
    await world.start()
    await world.until(() => surveyOf(world, 0) !== undefined, 40)
    expect(surveyOf(world, 0)).toMatchObject({ alone: true, peers: 0 })
    expect(world.members[0]!.logs.map(({ message }) => message)).toContain('nobody met shares the genesis of this node')
    expect(world.members[0]!.node().status().height).toBeGreaterThan(4)
  })
})
