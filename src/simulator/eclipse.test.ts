import { expect, it } from 'vitest'
import { simulateEclipse } from './eclipse.ts'

const attack = { attackerAddresses: 10_000, attackerGroups: 4 }

it.each([1, 2, 3])('seed %i: ten thousand addresses of four groups leave six of eight peers honest', (seed) => {
  const { honest, outbound, attackerShare } = simulateEclipse({ ...attack, seed, anchors: true })
  expect(outbound).toBe(8)
  expect(honest).toBeGreaterThanOrEqual(6)
  expect(attackerShare).toBeGreaterThan(0)
})

it('is found to succeed by one who owns most groups', () => {
  const { honest } = simulateEclipse({ attackerAddresses: 10_000, attackerGroups: 600, seed: 1, anchors: false })
  expect(honest).toBeLessThan(6)
})
