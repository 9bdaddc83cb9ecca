import { access, cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFollowerHome } from '../e2e/support/follower-home.ts'
import { sameHistory } from '../e2e/support/kill-cycle.ts'
import { heightOf, type LocalNetwork, type LocalNode, reaches, startLocalNetwork } from '../e2e/support/local-network.ts'
import { runSynod } from '../e2e/support/run-synod.ts'
import { startSigningWitness } from '../e2e/support/signing-witness.ts'
import { until } from '../e2e/support/until.ts'
import { flipBit, inspectHome } from './stopped-node.ts'

let network: LocalNetwork
const others: LocalNode[] = []

beforeAll(async () => {
  network = await startLocalNetwork({
    intervalMs: 100,
    overrides: ['state.snapshot_interval_blocks=20', 'node.doppelganger_wait_ms=1000'],
  })
})
afterAll(async () => {
  await Promise.all(others.map((node) => node.stop()))
  await network?.stop()
})

const dataOf = ({ home }: LocalNode) => join(home, 'data')

async function answerOf(...words: readonly string[]) {
  const { status, stdout, stderr } = await runSynod([...words, '--json'])
  expect({ words, status, stderr: status === 0 ? '' : stderr }).toEqual({ words, status: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('a snapshot', () => {
  test('is written, listed, and begun with by a new node, which believes nothing of a file that was changed', async () => {
    const source = network.nodes[3]!
    await reaches(source, 45)
    const running = await runSynod(['snapshot', 'list', '--home', source.home])
    expect(running.stderr).toMatch(/^DATA_DIR_LOCKED/)
    await source.stop()
    const created = await answerOf('snapshot', 'create', '--home', source.home)
    const file = join(network.directory, 'state-at-40')
    const exported = await answerOf('snapshot', 'export', '--home', source.home, '--height', '40', '--to', file)
    expect(exported).toMatchObject({ height: 40, file })
    const { files, states } = await answerOf(
      'snapshot',
      'list',
      '--home',
      source.home,
      '--set',
      'state.snapshot_interval_blocks=20',
    )
    expect(files).toMatchObject([{ height: created.height, root: created.root, bytes: created.bytes, chunks: created.chunks }])
    expect(states).toContainEqual(expect.objectContaining({ height: 40, root: exported.root, offered: true }))
    await source.start()
    await until('the node runs', () => source.client.status())

    const node = await createFollowerHome(network, 'imported')
    others.push(node)
    const whole = await readFile(file)
    const bad = join(network.directory, 'bad')
    for (const [what, change] of [
      ['cut off', () => writeFile(bad, whole.subarray(0, whole.length - 100))],
      ['a bit', () => writeFile(bad, whole).then(() => flipBit(bad, 0.7))],
    ] as const) {
      await change()
      const { status, stderr } = await runSynod(['snapshot', 'import', bad, '--home', node.home])
      expect({ what, status }).toEqual({ what, status: 65 })
      expect(stderr).toContain('SNAPSHOT_FILE_INVALID')
      await expect(access(join(dataOf(node), 'chain'))).rejects.toThrow()
      await expect(access(join(dataOf(node), 'chain-import'))).rejects.toThrow()
    }
    const wrong = await runSynod(['snapshot', 'import', file, '--home', node.home, '--trust', `40:${'0'.repeat(64)}`])
    expect(wrong.stderr).toContain('LIGHT_ROOT_WRONG')
    const imported = await answerOf('snapshot', 'import', file, '--home', node.home, '--trust', `40:${exported.hash}`)
    expect(imported).toMatchObject({ height: 40, root: exported.root })
    const again = await runSynod(['snapshot', 'import', file, '--home', node.home])
    expect(again.status).toBe(73)
    expect(again.stderr).toMatch(/DATA_DIR_NOT_EMPTY/)

    await node.start()
    const tip = await heightOf(network.nodes[0]!)
    await reaches(node, tip)
    await sameHistory([node, network.nodes[0]!], tip, 41)
    await node.stop()
    expect(await inspectHome(node.home, '--everything')).toMatchObject({ status: 0, faults: [], chain: { oldestBlock: 40 } })
  })

  test('of a chain is proved from its genesis alone', async () => {
    const file = join(network.directory, 'state-at-40')
    const node = await createFollowerHome(network, 'from-genesis')
    const imported = await answerOf('snapshot', 'import', file, '--home', node.home)
    expect(imported.height).toBe(40)
  })
})

describe('a backup of a node that runs', () => {
  test('is whole, and another node goes on from it', async () => {
    const source = network.nodes[0]!
    const directory = join(network.directory, 'backup-0')
    const before = await heightOf(source)
    const taken = await answerOf('backup', '--home', source.home, '--to', directory)
    expect(taken.height).toBeGreaterThanOrEqual(before)
    const node = await createFollowerHome(network, 'from-backup')
    others.push(node)
    await cp(directory, dataOf(node), { recursive: true })
    const found = await inspectHome(node.home, '--everything')
    expect(found).toMatchObject({ status: 0, faults: [], chain: { height: taken.height } })
    expect(found.lastSigned?.height).toBeGreaterThanOrEqual(taken.height - 5)
    await node.start()
    const tip = await heightOf(source)
    await reaches(node, tip)
    await sameHistory([node, source], tip, 1)
    const refused = await runSynod(['backup', '--home', source.home, '--to', directory])
    expect(refused.stderr).toMatch(/DATA_DIR_NOT_EMPTY/)
  })

  test('is restored by its validator, which waits, sees the network, and signs nothing twice', async () => {
    const node = network.nodes[1]!
    const witness = await startSigningWitness(network)
    try {
      const directory = join(network.directory, 'backup-1')
      const taken = await answerOf('backup', '--home', node.home, '--to', directory)
      await reaches(node, taken.height + 20)
      await node.stop()
      await rm(dataOf(node), { recursive: true })
      await cp(directory, dataOf(node), { recursive: true })
      await node.start()
      const status = await until('it signs again', async () => {
        const now = await node.client.status()
        return now.signing && now
      })
      expect(status.height).toBeGreaterThan(taken.height + 20)
      await reaches(node, (await heightOf(network.nodes[0]!)) + 10)
      expect(witness.accusations).toEqual([])
    } finally {
      await witness.stop()
    }
  })
})
