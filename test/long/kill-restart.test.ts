import { afterAll, beforeAll, expect, test } from 'vitest'
import { killCycle, sameHistory } from '../e2e/support/kill-cycle.ts'
import { heightOf, type LocalNetwork, startLocalNetwork } from '../e2e/support/local-network.ts'
import { chosenSeed, seededChance } from '../e2e/support/seeded-chance.ts'
import { type SigningWitness, startSigningWitness } from '../e2e/support/signing-witness.ts'

const repetitions = 20
const seed = chosenSeed()
const chance = seededChance(seed)
let network: LocalNetwork
let witness: SigningWitness

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 100 })
  witness = await startSigningWitness(network)
})
afterAll(async () => {
  await witness?.stop()
  await network?.stop()
})

test.each(Array.from({ length: repetitions }, (_, index) => index + 1))(
  `two of four are killed and come back, repetition %i (all of them: SYNOD_TEST_SEED=${seed} npx vitest run --project long test/long/kill-restart.test.ts)`,
  () => killCycle(network, witness, chance),
)

test('after all of it there is one history, and nobody signed twice', async () => {
  await sameHistory(network.nodes, Math.min(...(await Promise.all(network.nodes.map(heightOf)))))
  expect(witness.accusations).toEqual([])
  for (const validator of network.trust.validators.validators.keys()) {
    expect(witness.placesOf(validator).length).toBeGreaterThan(repetitions)
  }
})
