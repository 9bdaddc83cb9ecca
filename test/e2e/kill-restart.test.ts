import { afterAll, beforeAll, expect, test } from 'vitest'
import { killCycle, sameHistory } from './support/kill-cycle.ts'
import { heightOf, type LocalNetwork, startLocalNetwork } from './support/local-network.ts'
import { chosenSeed, seededChance } from './support/seeded-chance.ts'
import { type SigningWitness, startSigningWitness } from './support/signing-witness.ts'

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

const seed = chosenSeed()

test(`kill -9 of one: blocks go on; of two: they stop; restarted: they resume, and nobody signed twice (SYNOD_TEST_SEED=${seed})`, async () => {
  await killCycle(network, witness, seededChance(seed))
  await sameHistory(network.nodes, Math.min(...(await Promise.all(network.nodes.map(heightOf)))))
  // The witness did see: every validator signed before its eyes.
  for (const validator of network.trust.validators.validators.keys()) {
    expect(witness.placesOf(validator).length).toBeGreaterThan(5)
  }
})
