import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '../../src/client/client.ts'
import { homeFiles } from '../../src/node/config/node-home.ts'
import { foundLocalNetwork, type LocalNetwork, reaches } from './support/local-network.ts'
import { runSynod, startSynod } from './support/run-synod.ts'
import { until } from './support/until.ts'

let network: LocalNetwork

beforeAll(async () => {
  network = await foundLocalNetwork({ intervalMs: 200 })
  for (const { home } of network.nodes) {
    const file = join(home, homeFiles.node)
    const settings = await readFile(file, 'utf8')
    await writeFile(file, settings.replace(/^(listen = \["\/ip4\/)([0-9.]+)(.*)\]$/m, '$1$2$3, "/ip4/$2/tcp/0/ws"]'))
  }
  await network.start()
  await Promise.all(network.nodes.map((node) => reaches(node, 1)))
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

test('the same over libp2p WebSocket alone, as a visitor of two nodes', async () => {
  const addresses = await Promise.all(
    network.nodes.slice(0, 2).map(async ({ client }) => (await client.status()).addresses.find((one) => one.includes('/ws'))),
  )
  const chain = join(network.nodes[0]!.home, 'trusted-chain.toml')
  await writeFile(chain, network.chainText)
  const peers = addresses.flatMap((address) => ['--peer', address!])
  const run = startSynod(['light', '--chain', chain, ...peers, '--port', '0', '--witnesses-min', '1'])
  const url = await until('the proxy listens', async () => /"url":"([^"]+)"/.exec(run.output)?.[1])
  const asked = createClient(url)
  const account = network.accounts[0]!.address
  const view = await until('an account is proved', () => asked.account(account).catch(() => undefined))
  expect(view.balance).toBe((await network.nodes[2]!.client.account(account)).balance)
  expect((await asked.state(new Uint8Array([1, 2, 3]))).value).toBe(null)
  expect((await asked.lightBlock(1))!.header.height).toBe(1)
  await expect(asked.block(1)).rejects.toMatchObject({ code: 'LIGHT_UNPROVABLE' })
  // Visitors are nobody's peers.
  expect((await network.nodes[0]!.client.peers()).peers).toHaveLength(3)
  expect((await run.kill('SIGTERM')).status).toBe(0)
})

test('a trusted block that is not the chain’s is refused before anything is served', async () => {
  const wrong = await runSynod(await words('--trust-height', '1', '--trust-hash', '00'.repeat(32)))
  expect(wrong.status).toBe(1)
  expect(wrong.stderr).toContain('LIGHT_ROOT_WRONG')
})
