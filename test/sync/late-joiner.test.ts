import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFollowerHome } from '../e2e/support/follower-home.ts'
import { sameHistory } from '../e2e/support/kill-cycle.ts'
import { heightOf, type LocalNetwork, type LocalNode, reaches, startLocalNetwork } from '../e2e/support/local-network.ts'
import { runSynod } from '../e2e/support/run-synod.ts'
import { until } from '../e2e/support/until.ts'

let network: LocalNetwork
const followers: LocalNode[] = []

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 50 })
})
afterAll(async () => {
  await Promise.all(followers.map((follower) => follower.stop()))
  await network?.stop()
})

async function join(name: string, options?: Parameters<typeof createFollowerHome>[2]): Promise<LocalNode> {
  const follower = await createFollowerHome(network, name, options)
  followers.push(follower)
  await follower.start()
  return follower
}

describe('a node that joins late', () => {
  test('is killed while it takes the chain, again and again, and has the same history in the end', async () => {
    const [first] = network.nodes
    await reaches(first!, 100, 60_000)
    const follower = await join('killed')
    for (const height of [1, 60]) {
      await reaches(follower, height)
      await follower.kill()
      await follower.start()
    }
    const tip = await heightOf(first!)
    await reaches(follower, tip)
    await sameHistory([follower, first!], tip, tip - 20)
    await until('consensus goes on', async () => (await follower.client.status()).mode === 'consensus')
  })

  test('says where it stands when it is asked to compare itself with its peers', async () => {
    const follower = followers[0]!
    const { status, stdout } = await runSynod(['status', '--home', follower.home, '--api', follower.url, '--check', '--json'])
    expect(status).toBe(0)
    const { survey } = JSON.parse(stdout) as { survey: Record<string, unknown> }
    expect(survey).toMatchObject({ peers: 4, answered: 4, strangers: 0, alone: false, different: 0, stateHolds: true })
    const shown = await runSynod(['status', '--home', follower.home, '--api', follower.url])
    expect(shown.stdout).toMatch(/agreement +[1-4] peers have the same block/)
  })

  test('says so when nobody shares its genesis, and takes nothing', async () => {
    const chainText = network.chainText.replace(/^name = .*$/m, 'name = "elsewhere"')
    expect(chainText).not.toBe(network.chainText)
    const stranger = await join('stranger', { chainText })
    await until('it has met others', async () => {
      const { survey } = (await stranger.client.status()) as { survey: { strangers: number } | null }
      if (!survey) await runSynod(['status', '--home', stranger.home, '--api', stranger.url, '--check'])
      return (survey?.strangers ?? 0) > 0
    })
    const { stdout } = await runSynod(['status', '--home', stranger.home, '--api', stranger.url])
    expect(stdout).toContain("nobody met shares this node's genesis")
    expect(await heightOf(stranger)).toBe(0)
  })
})
