import { expect, test, vi } from 'vitest'
import { mutants } from '../mutants/mutants.ts'
import { makeCopy } from '../mutants/mutated-copy.ts'

/**
 * The simulator is worth what it finds. Each mutant is the production code with one fault that somebody could introduce: it must be
 * caught within 200 seeds, by a seed in which the code as it is does nothing wrong.
 */
const seedsMax = 200

// A copy a core.
vi.setConfig({ maxConcurrency: 2 })

test('there are at least twenty of them, each with a name of its own', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  expect(mutants.length).toBeGreaterThanOrEqual(20)
})

test.concurrent.for(mutants)('caught: $name', async (mutant, { expect: expectHere }) => {
  const options = mutant.options ?? {}
  const broken = await makeCopy(mutant)
  const caught = await broken.run({ from: 1, to: seedsMax, options }).finally(broken.remove)
  expectHere(caught.violation, `${mutant.why}, and no seed up to ${seedsMax} shows it`).toBeDefined()
  const whole = await makeCopy()
  const seed = caught.seed as number
  const innocent = await whole.run({ from: seed, to: seed, options }).finally(whole.remove)
  expectHere(innocent.violation, `the code as it is, seed ${seed}`).toBeUndefined()
})
