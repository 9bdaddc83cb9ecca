import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFollowerHome } from './support/follower-home.ts'
import { sameHistory } from './support/kill-cycle.ts'
import { heightOf, type LocalNetwork, type LocalNode, reaches, startLocalNetwork } from './support/local-network.ts'
import { until } from './support/until.ts'

let network: LocalNetwork
const followers: LocalNode[] = []

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 100 })
})
afterAll(async () => {
  await Promise.all(followers.map((follower) => follower.stop()))
  await network?.stop()
})

async function metric({ url }: LocalNode, name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

describe('a node that has nothing', () => {
  test('and no validator key takes the whole chain from its peers, and follows', async () => {
    const [first] = network.nodes
    await reaches(first!, 20)
    const follower = await createFollowerHome(network, 'follower')
    followers.push(follower)
    await follower.start()
    const tip = await heightOf(first!)
    await reaches(follower, tip)
    expect(await metric(follower, 'synod_sync_blocks_total')).toBeGreaterThanOrEqual(20)
    const status = await until('it has caught up', async () => {
      const now = await follower.client.status()
      return now.mode === 'consensus' && now
    })
    expect(status).toMatchObject({ validator: null, signing: false, fault: null })
    await reaches(follower, tip + 10)
    await sameHistory([follower, first!], tip + 10)
  })

  test('any more, its data deleted, is a follower on the whole chain again without its validator key', async () => {
    const wiped = network.nodes[3]!
    const before = (await wiped.client.status()).height
    await wiped.stop()
    await rm(join(wiped.home, 'data'), { recursive: true })
    await cp(join(wiped.home, 'keys', 'validator.key'), join(network.directory, 'validator.key'))
    await rm(join(wiped.home, 'keys', 'validator.key'))
    await wiped.start()
    await reaches(wiped, before + 5)
    await sameHistory(network.nodes, before + 5)
    expect(await wiped.client.status()).toMatchObject({ validator: null })
  })
})
