import { expect, test } from 'vitest'
import { createNodeWorld, heights } from '../../test/engine/node-world.ts'
import type { Application } from '../application/application.ts'
import { consensusParametersSchema, limitsSchema } from '../chain/chain-spec.ts'
import type { Chain } from './chain.ts'
import { createParametersInForce } from './parameters-in-force.ts'

const spec = { consensus: consensusParametersSchema.parse({}), limits: limitsSchema.parse({}) }

test('what the state changes holds for the block after it, and no other rule does', () => {
  let tip = { height: 1 }
  let reads = 0
  const chain = { tip: () => tip, state: { reader: () => undefined } } as unknown as Chain
  const chainChanges = () => {
    reads += 1
    return tip.height < 2
      ? []
      : [
          { name: 'interval_ms', value: 7000 },
          { name: 'block_bytes_max', value: 99 },
          { name: 'precision_ms', value: 1 },
        ]
  }
  const inForce = createParametersInForce({ spec, application: { chainChanges }, chain })
  expect(inForce()).toEqual(spec)
  tip = { height: 2 }
  const changed = { consensus: { ...spec.consensus, interval_ms: 7000 }, limits: { ...spec.limits, block_bytes_max: 99 } }
  expect([inForce(), inForce()]).toEqual([changed, changed])
  expect(reads).toBe(2)
})

test('all nodes go over to them at one height, and those that were away go along', async () => {
  /** From height 5 on a block has one transaction, and blocks are three seconds apart. */
  const changing = (application: Application): Application => ({
    ...application,
    executeBlock(request, state) {
      state.set(Uint8Array.of(122), Uint8Array.of(Math.min(request.height, 255)))
      return application.executeBlock(request, state)
    },
    chainChanges(state) {
      const height = state.get(Uint8Array.of(122))?.[0] ?? 0
      return height < 4
        ? []
        : [
            { name: 'interval_ms', value: 3000 },
            { name: 'block_transactions_max', value: 1 },
          ]
    },
  })
  const world = createNodeWorld({ validators: 4, consensus: { interval_ms: 1000 }, application: changing })
  await world.start(0, 1, 2)
  const submit = (count: number) => {
    const transfers = Array.from({ length: count }, () => world.transfer())
    world.members[0]?.node().submit(transfers).catch(expect.unreachable)
  }
  submit(6)
  await world.until(() => (heights(world)[0] ?? 0) >= 4, 20)
  submit(8)
  await world.until(() => (heights(world)[0] ?? 0) >= 10, 60)
  await world.start(3)
  await world.until(() => Math.min(...heights(world)) >= 12, 60)
  const blocks = await Promise.all(Array.from({ length: 12 }, (_, index) => world.members[3]?.node().block(index + 1)))
  const sizes = blocks.map((block) => block?.transactions.length ?? 0)
  expect(Math.max(...sizes.slice(0, 4))).toBeGreaterThan(1)
  expect(sizes.slice(4, 10)).toEqual([1, 1, 1, 1, 1, 1])
  const times = blocks.map((block) => block?.header.time ?? 0)
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  expect(Math.min(...steps.slice(4))).toBeGreaterThanOrEqual(3000)
  expect(Math.max(...steps.slice(0, 2))).toBeLessThan(3000)
}, 60_000)
