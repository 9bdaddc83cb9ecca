import { afterAll, beforeAll, test } from 'vitest'
import { type AttackedNetwork, startAttackedNetwork } from './support/attacked-network.ts'

/** Attacks below hello: nobody has said who he is yet. */
let attacked: AttackedNetwork
beforeAll(async () => {
  attacked = await startAttackedNetwork()
})
afterAll(() => attacked?.stop())

test('a flood of connections', () => attacked.attack('connection-flood', { named: ['flood'], banned: false }))

test('connections that fall silent at every step', () => attacked.attack('slow-loris', { named: ['slow-loris'], banned: false }))

test('random bytes at every step', () => attacked.attack('handshake-garbage', { named: ['malformed', 'flood'], banned: false }))

test('identity upon identity from one subnet', () =>
  attacked.attack('eclipse', { named: ['eclipse', 'flood'], banned: false, seconds: 20 }))
