import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFollowerHome } from '../e2e/support/follower-home.ts'
import { sameHistory } from '../e2e/support/kill-cycle.ts'
import { heightOf, type LocalNetwork, type LocalNode, reaches, startLocalNetwork } from '../e2e/support/local-network.ts'
import { type Run, runSynod, startSynod } from '../e2e/support/run-synod.ts'
import { startSigningWitness } from '../e2e/support/signing-witness.ts'
import { until } from '../e2e/support/until.ts'
import { flipBit, inspectHome, largestOf, pictureOf } from './stopped-node.ts'

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

describe('a node that was killed', () => {
  test('is looked at without a trace; nothing is wrong with it, and every state is as promised', async () => {
    const node = network.nodes[3]!
    await reaches(node, 30)
    await node.kill()
    const before = await pictureOf(dataOf(node))
    const found = await inspectHome(node.home, '--everything')
    expect(found).toMatchObject({ status: 0, faults: [] })
    expect(found.chain?.height).toBeGreaterThanOrEqual(30)
    expect(found.lastSigned?.height).toBeGreaterThanOrEqual(30)
    for (const words of [[], ['--from', '0']]) {
      const { status, stdout, stderr } = await runSynod(['replay', '--home', node.home, '--json', ...words])
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
      expect(JSON.parse(stdout)).toMatchObject({ agrees: true, to: found.chain?.height })
    }
    expect(await pictureOf(dataOf(node))).toEqual(before)
    await node.start()
    await until('the node runs', () => node.client.status())
    const { status, stderr } = await runSynod(['inspect', '--home', node.home])
    expect(status).toBe(75)
    expect(stderr).toMatch(/^DATA_DIR_LOCKED/)
  })
})

describe('a rollback', () => {
  test('takes blocks back within the limit, keeps what was signed, and the node takes the same blocks again', async () => {
    const node = network.nodes[2]!
    await reaches(node, 60)
    await node.stop()
    const { chain, lastSigned } = await inspectHome(node.home)
    const height = chain!.height
    const refused = await runSynod([
      'rollback',
      '--home',
      node.home,
      '--to',
      '5',
      '--yes',
      '--set',
      'node.rollback_blocks_max=20',
    ])
    expect(refused.status).toBe(65)
    expect(refused.stderr).toMatch(/^ROLLBACK_REFUSED.*limit is 20/s)
    const planned = await runSynod(['rollback', '--home', node.home, '--to', String(height - 15), '--json'])
    expect(JSON.parse(planned.stdout)).toEqual({ from: height, to: height - 15, done: false })
    expect((await inspectHome(node.home)).chain?.height).toBe(height)
    const done = await runSynod(['rollback', '--home', node.home, '--to', String(height - 15), '--yes', '--json'])
    expect(JSON.parse(done.stdout)).toEqual({ from: height, to: height - 15, done: true })
    const after = await inspectHome(node.home, '--everything')
    expect(after).toMatchObject({ status: 0, faults: [], lastSigned, rollbacks: [{ from: height, to: height - 15 }] })
    expect(after.chain?.height).toBe(height - 15)
    await node.start()
    await reaches(node, height + 5)
    await sameHistory(network.nodes, height + 5, height - 20)
  })
})

describe('a validator whose operator restores an old backup', () => {
  test('waits, sees the network, and signs nothing twice', async () => {
    const node = network.nodes[1]!
    const witness = await startSigningWitness(network)
    try {
      await node.stop()
      const backup = join(network.directory, 'backup')
      await cp(dataOf(node), backup, { recursive: true })
      await node.start()
      const restoredAt = await heightOf(network.nodes[0]!)
      await reaches(node, restoredAt + 20)
      await node.stop()
      await rm(dataOf(node), { recursive: true })
      await cp(backup, dataOf(node), { recursive: true })
      const old = (await inspectHome(node.home)).lastSigned!
      await node.start()
      const status = await until('it signs again', async () => {
        const now = await node.client.status()
        return now.signing && now
      })
      expect(status.height).toBeGreaterThan(old.height)
      await reaches(node, (await heightOf(network.nodes[0]!)) + 10)
      expect(witness.accusations).toEqual([])
    } finally {
      await witness.stop()
    }
  })
})

describe('damage', () => {
  /** Starts the node, and tells what became of it: it runs on, or it ended and said so. */
  async function startedAfter(node: LocalNode): Promise<'runs' | string> {
    const run = startSynod(['start', '--home', node.home])
    let ended: Run | undefined
    void run.ended.then((how) => {
      ended = how
    })
    const isWell = async () => (await fetch(new URL('/healthz', node.url))).ok
    await until('it has ended, or answers', async () => ended !== undefined || (await isWell()), 60_000)
    if (ended === undefined) {
      await run.kill('SIGKILL')
      return 'runs'
    }
    const { stderr } = ended
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
    return lines.join('\n')
  }

  test('of any file is either mended or named, with what to do; and the node comes back from its peers', async () => {
    const node = await createFollowerHome(network, 'damaged')
    others.push(node)
    await node.start()
    await reaches(node, (await heightOf(network.nodes[0]!)) + 5)
    await node.stop()
    const whole = join(network.directory, 'whole')
    await cp(dataOf(node), whole, { recursive: true })
    const cases: readonly (readonly [file: string, share: number, RegExp])[] = [
      ['format', 0, /DATA_FORMAT_(UNKNOWN|NEWER).*\/data/],
      ['chain/MANIFEST', 0.3, /STORE_CORRUPT.*\/data\/chain/],
      ['chain/.log', 0.5, /^runs|STORE_CORRUPT.*\/data\/chain/],
      ['chain/.ldb', 0.3, /^runs|STORE_CORRUPT.*\/data\/chain/],
      ['address-book', 0.5, /^runs/],
      ['reputation', 0.5, /^runs/],
    ]
    for (const [file, share, expected] of cases) {
      await rm(dataOf(node), { recursive: true })
      await cp(whole, dataOf(node), { recursive: true })
      const path = await pathOf(dataOf(node), file)
      if (path === undefined) continue
      await flipBit(path, share)
      const outcome = await startedAfter(node)
      expect(outcome, file).toMatch(expected)
      if (outcome !== 'runs') expect(outcome, file).toContain('docs/errors.md#')
    }
    await rm(dataOf(node), { recursive: true })
    await node.start()
    await reaches(node, await heightOf(network.nodes[0]!))
  })

  test('of what a validator has signed, or of its log, stops it before it signs', async () => {
    const node = network.nodes[3]!
    await node.kill()
    const whole = join(network.directory, 'validator-whole')
    await cp(dataOf(node), whole, { recursive: true })
    await flipBit(join(dataOf(node), 'last-signed'), 0.5)
    expect(await startedAfter(node)).toMatch(/LAST_SIGNED_CORRUPT.*last-signed/)
    expect((await inspectHome(node.home)).faults).toMatchObject([{ file: 'last-signed', code: 'LAST_SIGNED_CORRUPT' }])
    await cp(join(whole, 'last-signed'), join(dataOf(node), 'last-signed'))
    const log = (await largestOf(dataOf(node), 'wal-a')) ?? (await largestOf(dataOf(node), 'wal-b'))
    await flipBit(log!, 0.02)
    expect(await startedAfter(node)).toMatch(/WAL_CORRUPT.*wal-[ab]|^runs/)
    await rm(join(dataOf(node), 'wal-a'))
    await rm(join(dataOf(node), 'wal-b'))
    await node.start()
    await reaches(node, (await heightOf(network.nodes[0]!)) + 5)
  })
})

describe('a new node', () => {
  test('begins with a recent state that its peers kept, and follows', async () => {
    const [first] = network.nodes
    await reaches(first!, 60)
    const trusted = await first!.client.block(1)
    const node = await createFollowerHome(network, 'from-state', {
      overrides: ['state.sync=true', 'state.trust_height=1', `state.trust_hash=${trusted?.hash}`],
    })
    others.push(node)
    await node.start()
    const tip = await heightOf(first!)
    await reaches(node, tip)
    expect(await node.log()).toContain('the state is there')
    // Its first block is that of the state, which may be later than what was the tip.
    const begun = await heightOf(node)
    await Promise.all([node, first!].map((each) => reaches(each, begun + 5)))
    await sameHistory([node, first!], begun + 5, begun)
    await node.stop()
    const { chain, faults } = await inspectHome(node.home, '--everything')
    expect(chain?.oldestBlock).toBeGreaterThan(20)
    expect(faults).toEqual([])
  })
})

/** `chain/.ldb` is the largest file of the store `chain` whose name ends so, `chain/MANIFEST` the one that begins so. */
async function pathOf(data: string, file: string): Promise<string | undefined> {
  const [store = '', part] = file.split('/')
  if (part === undefined) return largestOf(data, store)
  if (!part.startsWith('MANIFEST')) return largestOf(join(data, store), part)
  const names = [...(await pictureOf(join(data, store))).keys()]
  const name = names.find((candidate) => candidate.startsWith(part))
  return name === undefined ? undefined : join(data, store, name)
}
