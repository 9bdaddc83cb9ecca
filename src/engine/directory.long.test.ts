import { expect, test } from 'vitest'
import { createNodeWorld, type NodeWorld } from '../../test/engine/node-world.ts'

const nodes = 55

/** One validator, and followers that know nobody but the one before them. */
function chainOfNodes(options: Partial<Parameters<typeof createNodeWorld>[0]> = {}): NodeWorld {
  return createNodeWorld({
    validators: 1,
    followers: nodes - 1,
    dials: (index) => (index === 0 ? [] : [index - 1]),
    directory: () => ({ mode: 'auto' }),
    consensus: { interval_ms: 600_000, empty_blocks: false },
    ...options,
  })
}

async function settled<T>(world: NodeWorld, work: Promise<T>, seconds = 60): Promise<T> {
  let isOver = false
  work.finally(() => (isOver = true)).catch(() => undefined)
  await world.until(() => isOver, seconds)
  return work
}

test('among 55 nodes that began with one neighbour each, every lookup succeeds, and connects nobody for good', async () => {
  const world = chainOfNodes()
  await world.start()
  // Addresses are told once a minute and peer: the directory's own questions have to bring nodes together.
  await world.run(25)
  const before = world.members.map(({ node }) => node().peers().length)
  for (let index = 0; index < nodes; index++) {
    const sought = `node${(index * 17 + 5) % nodes}`
    const found = await settled(world, world.members[index]!.node().directory!.findPeer(sought))
    expect(found, `node${index} looks for ${sought}`).toEqual(
      index === (index * 17 + 5) % nodes ? [] : [world.world.internet.addressOf(sought)],
    )
  }
  expect(world.members.map(({ node }) => node().peers().length)).toEqual(before)
  await world.run(2)
  expect(world.members.every(({ machine }) => machine.running)).toBe(true)
}, 300_000)
