import { afterAll, beforeAll, test } from 'vitest'
import { type AttackedNetwork, startAttackedNetwork } from './support/attacked-network.ts'

/** Attacks of a peer that was let in, and says what is well-formed and wrong, or right and too often. */
let attacked: AttackedNetwork
beforeAll(async () => {
  attacked = await startAttackedNetwork()
})
afterAll(() => attacked?.stop())

test('messages of no use', () => attacked.attack('message-spam', { named: ['spam'], banned: true, seconds: 15 }))

test('votes that nobody signed', () => attacked.attack('invalid-votes', { named: ['malformed', 'spam'], banned: true }))

test('transactions that nobody signed', () =>
  attacked.attack('invalid-transactions', { named: ['malformed', 'spam'], banned: true }))

test('what was said before, again', () => attacked.attack('replay', { named: ['replay'], banned: true, seconds: 15 }))
