import { expect, test } from 'vitest'
import { utf8 } from '../../primitives/bytes.ts'
import { peerIdOf } from '../libp2p/peer-id.ts'
import { createSystemIdentity } from './system-identity.ts'

test('what a node signs is checked with nothing but its peer id', async () => {
  const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const
  const identity = createSystemIdentity(one)
  const message = utf8('where I am')
  const signature = identity.sign(message)
  expect(createSystemIdentity(other).verify(await peerIdOf(one), message, signature)).toBe(true)
  expect(identity.verify(await peerIdOf(other), message, signature)).toBe(false)
  expect(identity.verify(await peerIdOf(one), utf8('elsewhere'), signature)).toBe(false)
})

test('an id that carries no Ed25519 key verifies nothing', () => {
  const identity = createSystemIdentity(new Uint8Array(32))
  for (const peer of ['', 'node1', '0OIl', 'z'.repeat(64), 'z'.repeat(65), 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N']) {
    expect(identity.verify(peer, new Uint8Array(1), new Uint8Array(64))).toBe(false)
  }
})
