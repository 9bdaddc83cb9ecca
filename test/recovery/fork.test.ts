import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFileDisk } from '../../src/adapters/file/file-disk.ts'
import { openLevelStore } from '../../src/adapters/level/level-store.ts'
import { lightBlockFromView } from '../../src/client/from-view.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { writeForkRecord } from '../../src/engine/fork-record.ts'
import { toHex, utf8 } from '../../src/primitives/bytes.ts'
import { createFollowerHome } from '../e2e/support/follower-home.ts'
import { heightOf, type LocalNetwork, type LocalNode, reaches, startLocalNetwork } from '../e2e/support/local-network.ts'
import { runSynod } from '../e2e/support/run-synod.ts'
import { stays, until } from '../e2e/support/until.ts'

let network: LocalNetwork
let node: LocalNode

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 200 })
  node = await createFollowerHome(network, 'forked')
})
afterAll(async () => {
  await node?.stop()
  await network?.stop()
})

async function synod(status: number, ...words: readonly string[]): Promise<string> {
  const run = await runSynod([...words, '--home', node.home])
  expect({ words, status: run.status, told: run.stdout + run.stderr }).toMatchObject({ words, status })
  return run.stdout + run.stderr
}

test('a node that met a fork waits for its operator, and then takes the chosen block and no other', async () => {
  await node.start()
  const tip = (await reaches(node, 6)).height
  await node.stop()
  const height = tip - 2
  const light = lightBlockFromView((await network.nodes[0]!.client.lightBlock(height))!)
  const { commit, validators } = light
  const other = sha256(utf8('another block'))
  const directory = join(node.home, 'data')
  const disk = await openFileDisk({ directory, openStore: (path) => openLevelStore(path) })
  // As it would be after a fork across rounds: suspects, and nobody convicted.
  const second = { ...commit, round: commit.round + 1, blockHash: other }
  const accused = { convicted: [], suspects: validators.map(({ consensusKey }) => consensusKey) }
  await writeForkRecord(disk, { at: 1, height, first: commit, second, validators, polkas: [], ...accused, chosen: undefined })

  expect(JSON.parse(await synod(1, 'fork', '--json'))).toMatchObject({ fork: { height } })
  expect(await synod(70, 'start')).toMatch(/CHAIN_FORKED/)
  expect(await synod(64, 'fork', 'resolve', '--block', '00'.repeat(32))).toMatch(/USAGE_INVALID.*neither/s)

  await synod(0, 'fork', 'resolve', '--block', toHex(other))
  expect(await synod(70, 'start')).toMatch(new RegExp(`CHAIN_FORKED[\\s\\S]*roll back to height ${height - 1}`))
  await synod(0, 'rollback', '--to', String(height - 1), '--yes')
  await node.start()
  const metrics = async () => (await fetch(new URL('/metrics', node.url))).text()
  await until('it refuses the history that its peers have', async () => (await metrics()).includes('code="FORK_NOT_CHOSEN"'))
  expect(await stays('its height', () => heightOf(node), 1500)).toBe(height - 1)
  expect((await node.client.status()).fault).toBeNull()
  await node.stop()

  await synod(0, 'fork', 'resolve', '--block', toHex(commit.blockHash))
  expect(JSON.parse(await synod(0, 'fork', '--json'))).toMatchObject({ fork: { chosen: toHex(commit.blockHash) } })
  await node.start()
  await reaches(node, (await heightOf(network.nodes[0]!)) + 2)
})
