import { afterAll, beforeAll, test } from 'vitest'
import { type AttackedNetwork, startAttackedNetwork } from './support/attacked-network.ts'

/** Attacks of a peer that was let in, and breaks the rules of its connection. */
let attacked: AttackedNetwork
beforeAll(async () => {
  attacked = await startAttackedNetwork()
})
afterAll(() => attacked?.stop())

test('frames longer than they may be', () => attacked.attack('oversized-frames', { named: ['oversized'], banned: true }))

test('batches that inflate without end', () => attacked.attack('decompression-bomb', { named: ['bomb'], banned: true }))

test('a thousand streams on one connection', () =>
  attacked.attack('stream-flood', { named: ['malformed'], banned: true, seconds: 15 }))

test('storms of gossip control', () => attacked.attack('graft-flood', { named: ['spam'], banned: true, seconds: 15 }))
