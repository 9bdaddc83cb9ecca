import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '../../src/client/client.ts'
import { type LocalNetwork, startLocalNetwork } from './support/local-network.ts'
import { runSynod, startSynod } from './support/run-synod.ts'
import { until } from './support/until.ts'

let network: LocalNetwork

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 200 })
})
afterAll(() => network?.stop())

async function words(...more: string[]): Promise<string[]> {
  const chain = join(network.nodes[0]!.home, 'trusted-chain.toml')
  await writeFile(chain, network.chainText)
  return ['light', '--chain', chain, '--api', network.nodes[0]!.url, '--witness', network.nodes[1]!.url, '--port', '0', ...more]
}

test('a proxy serves accounts and headers that it has verified and compared', async () => {
  const run = startSynod(await words('--witnesses-min', '1'))
  const url = await until('the proxy listens', async () => /"url":"([^"]+)"/.exec(run.output)?.[1])
  const asked = createClient(url)
  const account = network.accounts[0]!.address
  const view = await until('an account is proved', () => asked.account(account).catch(() => undefined))
  expect(view.balance).toBe((await network.nodes[2]!.client.account(account)).balance)
  expect((await asked.lightBlock('latest'))!.header.height).toBeGreaterThan(0)
  await expect(asked.peers()).rejects.toMatchObject({ code: 'LIGHT_UNPROVABLE' })
  expect((await run.kill('SIGTERM')).status).toBe(0)
})

test('a trusted block that is not the chain’s is refused before anything is served', async () => {
  const wrong = await runSynod(await words('--trust-height', '1', '--trust-hash', '00'.repeat(32)))
  expect(wrong.status).toBe(1)
  expect(wrong.stderr).toContain('LIGHT_ROOT_WRONG')
})
