import { expect, it } from 'vitest'
import { simulateEclipse } from './eclipse.ts'

it('ten thousand addresses of four groups leave six of eight peers honest, in each of a hundred runs', () => {
  const runs = Array.from({ length: 100 }, (_, index) => {
    const seed = index + 1
    return { seed, ...simulateEclipse({ attackerAddresses: 10_000, attackerGroups: 4, anchors: true, seed }) }
  })
  expect(runs.filter(({ honest, outbound }) => outbound < 8 || honest < 6)).toEqual([])
})
