import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifiedHeader, verifyState } from '../../src/client/verify.ts'
import { homeFiles } from '../../src/node/config/node-home.ts'
import { mutationsOf } from '../client/mutations.ts'
import { type LocalNetwork, startLocalNetwork } from './support/local-network.ts'
import { runSynod, startProcess } from './support/run-synod.ts'

const root = join(import.meta.dirname, '../..')
const guestbook = join(root, 'examples/guestbook/application.ts')
let network: LocalNetwork

beforeAll(async () => {
  network = await startLocalNetwork({ application: guestbook })
})
afterAll(() => network?.stop())

/** As docs/tutorial.md has it. */
async function sign(line: string, node: number) {
  const { home, url } = network.nodes[node]!
  const script = [join(root, 'examples/guestbook/sign.ts'), url, join(home, homeFiles.chain), line]
  return startProcess([process.execPath, '--conditions=synod-source', ...script], {}, root).ended
}

test('a chain runs the application of its builder, and proves its state', async () => {
  expect((await sign('Ada was here', 0)).stdout).toMatch(/^line\/0: Ada was here\nproved by the block of height \d+\n$/)
  expect((await sign('so was Alan', 3)).stdout).toMatch(/^line\/1: so was Alan\nproved by the block of height \d+\n$/)
  const { data } = await network.nodes[2]!.client.query('count')
  expect(Buffer.from(data, 'hex').toString()).toBe('2')
})

test('what is altered in a proof of its state does not verify', async () => {
  const { client } = network.nodes[1]!
  const key = Buffer.from('count')
  const view = await client.state(key)
  const header = await verifiedHeader(client, view.height, network.trust)
  if (!header.ok) throw new Error(header.error.code)
  expect(verifyState(view, key, header.value).ok).toBe(true)
  const believed = [...mutationsOf(view)].filter(({ value }) => verifyState(value, key, header.value).ok)
  expect(believed.map(({ what }) => what)).toEqual([])
})

test('what the application refuses is refused with its reason', async () => {
  const { status, stderr } = await sign('x'.repeat(201), 1)
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('TX_MALFORMED a line has at most 200 bytes') })
})

test('a node that does not have the application does not start, and says what to do', async () => {
  const chain = join(network.nodes[0]!.home, homeFiles.chain)
  const { status, stderr } = await runSynod(['config', 'check', '--chain', chain])
  expect({ status, stderr }).toEqual({ status: 78, stderr: expect.stringContaining('node.application') })
  const checked = await runSynod(['config', 'check', '--chain', chain, '--application', guestbook])
  expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining('guestbook') })
})

test('nor does one that has another', async () => {
  const chain = join(network.nodes[0]!.home, homeFiles.chain)
  const other = join(root, 'examples/key-value/application.ts')
  const { status, stderr } = await runSynod(['config', 'check', '--chain', chain, '--application', other])
  expect({ status, stderr }).toEqual({ status: 78, stderr: expect.stringContaining('CONFIG_CONTRADICTION') })
})
