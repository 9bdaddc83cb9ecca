import { expect, it } from 'vitest'
import { createNodeWorld, heights } from '../../test/engine/node-world.ts'
import { blockHash } from '../chain/header.ts'
import { sha256 } from '../crypto/hash.ts'
import { bytesEqual, utf8 } from '../primitives/bytes.ts'
import { createPeerLightClient } from './peer-light-client.ts'
import type { Ports } from './ports.ts'

const day = 86_400_000

async function startWorld() {
  const ports: Ports[] = []
  const world = createNodeWorld({
    validators: 4,
    followers: 1,
    tamper: (index, given) => {
      ports[index] = given
      return given
    },
  })
  await world.start()
  await world.until(() => heights(world).every((height) => height >= 12), 60)
  const follower = world.members[4]!.node()
  const open = (hash: Uint8Array, periodMs = day) => {
    const rejected: string[] = []
    const client = createPeerLightClient({
      ports: ports[4]!,
      chainId: follower.chainId,
      trust: { height: 3, hash, periodMs },
      serves: () => true,
      onRejection: (peer) => rejected.push(peer),
    })
    return { client, rejected }
  }
  async function answered<T>(work: Promise<T>): Promise<T> {
    let done = false
    void work.finally(() => (done = true))
    await world.until(() => done, 30)
    return work
  }
  const hashAt = async (height: number) => blockHash((await follower.block(height))!.header)
  return { world, follower, open, answered, hashAt }
}

it('blocks are verified over peers from a trusted one, upwards and downwards', async () => {
  const { follower, open, answered, hashAt } = await startWorld()
  const { client, rejected } = open(await hashAt(3))
  for (const height of [12, 7, 1]) {
    const found = await answered(client.verifiedHeader(height))
    expect(found.ok && bytesEqual(found.value.hash, await hashAt(height))).toBe(true)
    expect(found.ok && found.value.next.totalPower).toBe(follower.validators().totalPower)
  }
  expect((await answered(client.verifiedHeader('latest'))).ok).toBe(true)
  expect(rejected).toEqual([])
})

it('a root that is not the chain’s, or is past its period, leads nowhere', async () => {
  const { open, answered, hashAt } = await startWorld()
  expect(await answered(open(sha256(utf8('another'))).client.verifiedHeader(12))).toMatchObject({
    error: { code: 'LIGHT_ROOT_WRONG' },
  })
  expect(await answered(open(await hashAt(3), 1).client.verifiedHeader(12))).toMatchObject({
    error: { code: 'LIGHT_TRUST_EXPIRED' },
  })
})
