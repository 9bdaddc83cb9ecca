import { spawnSync } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient } from '../../src/client/client.ts'
import type { BansView, NetView } from '../../src/client/operator-views.ts'
import type { PeersView } from '../../src/client/views.ts'
import { toHex } from '../../src/primitives/bytes.ts'
import { type LocalNetwork, type LocalNode, reaches, startLocalNetwork } from './support/local-network.ts'
import { runSynod } from './support/run-synod.ts'
import { signedTransfer } from './support/signed-transfer.ts'
import { until } from './support/until.ts'

/** What an operator sees of a network of real processes, and does to it, by the command line. */
let network: LocalNetwork

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 200 })
  const connected = async () => {
    const counts = await Promise.all(network.nodes.map(async ({ client }) => (await client.peers()).peers.length))
    return counts.every((count) => count === 3)
  }
  await until('each node has the other three for peers', connected)
})
afterAll(() => network?.stop())

const node = (index: number): LocalNode => network.nodes[index]!

async function synod<T>(words: readonly string[], status = 0): Promise<T> {
  const run = await runSynod([...words, '--json'])
  expect({ words, status: run.status, stderr: run.stderr }).toEqual({ words, status, stderr: '' })
  return JSON.parse(run.stdout) as T
}

const peersOf = async ({ home }: LocalNode): Promise<PeersView['peers']> =>
  (await synod<PeersView>(['peers', '--home', home])).peers
const idOf = async ({ client }: LocalNode): Promise<string> => (await client.status()).peerId

async function operatorOf({ home, url }: LocalNode) {
  const operatorToken = (await readFile(join(home, 'operator-token'), 'utf8')).trim()
  return createClient(url, { operatorToken }).operator
}

describe('synod peers', () => {
  test('shows three peers, each protected by the hybrid group, with their standing and traffic', async () => {
    const peers = await peersOf(node(0))
    expect(peers).toHaveLength(3)
    for (const peer of peers) {
      expect(peer).toMatchObject({ transport: 'tcp', protection: 'tls1.3 X25519MLKEM768' })
      expect(peer.standing?.score).toBeGreaterThanOrEqual(0)
      expect(peer.traffic?.wire.bytesIn).toBeGreaterThan(1000)
      expect(peer.traffic?.classes.consensus.bytesOut).toBeGreaterThan(0)
    }
  })

  test('shows a table in a pipe, without what needs the token to who has none', async () => {
    const { status, stdout } = await runSynod(['peers', '--home', node(0).home])
    expect(status).toBe(0)
    expect(stdout).not.toContain('\u001b')
    expect(stdout.match(/tls1\.3 X25519MLKEM768/g)).toHaveLength(3)
    const asStranger = await runSynod(['peers', '--api', node(0).url])
    expect(asStranger.stdout).toContain('Scores and bytes need the operator token')
    const { peers } = await createClient(node(0).url).peers()
    expect(peers.map(({ standing, traffic }) => [standing, traffic])).toEqual(Array(3).fill([null, null]))
  })
})

describe('the operator token', () => {
  test('is the owner’s alone, opens what nothing else opens, and is in no log', async () => {
    const path = join(node(0).home, 'operator-token')
    const token = (await readFile(path, 'utf8')).trim()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const url = new URL('/v1/operator/bans', node(0).url)
    const ask = async (headers: Record<string, string>, query = '') => (await fetch(`${url}${query}`, { headers })).status
    expect(await ask({})).toBe(401)
    expect(await ask({ authorization: `Bearer ${'00'.repeat(32)}` })).toBe(403)
    expect(await ask({}, `?token=${token}`)).toBe(401)
    expect(await ask({ authorization: `Bearer ${(await readFile(join(node(1).home, 'operator-token'), 'utf8')).trim()}` })).toBe(
      403,
    )
    expect(await ask({ authorization: `Bearer ${token}` })).toBe(200)
    expect(await node(0).log()).toContain('requests for the operator were refused')
    expect(await node(0).log()).not.toContain(token)
  })
})

describe('synod net', () => {
  test('counts what the other side of each connection counts', async () => {
    const [left, right] = [await operatorOf(node(0)), await operatorOf(node(1))]
    const [leftId, rightId] = [await idOf(node(0)), await idOf(node(1))]
    const wire = ({ peers }: NetView, id: string) => peers.find((peer) => peer.id === id)!.traffic.wire
    const received = wire(await right.net(), leftId).bytesIn
    const sent = wire(await left.net(), rightId).bytesOut
    expect(sent).toBeGreaterThanOrEqual(received)
    await until('what was sent has arrived', async () => wire(await right.net(), leftId).bytesIn >= sent)
  })

  const without = spawnSync('ss', ['--version']).error ? ' (skipped: there is no ss)' : ''
  test.skipIf(without !== '')(`counts what the kernel counts on its sockets${without}`, async () => {
    const operator = await operatorOf(node(0))
    const port = /tcp\/(\d+)/.exec((await node(0).client.status()).addresses[0] ?? '')?.[1] ?? ''
    const onSockets = (): { in: number; out: number } => {
      const { stdout } = spawnSync('ss', ['-tinHO', `( sport = :${port} )`], { encoding: 'utf8' })
      const sum = (field: string) =>
        [...stdout.matchAll(new RegExp(`${field}:(\\d+)`, 'g'))].reduce((all, [, n]) => all + Number(n), 0)
      return { in: sum('bytes_received'), out: sum('bytes_sent') }
    }
    const inAll = ({ peers }: NetView, way: 'bytesIn' | 'bytesOut') =>
      peers.reduce((all, { traffic }) => all + traffic.wire[way], 0)
    const earlier = onSockets()
    const counted = await until('the node has counted what had crossed', async () => {
      const net = await operator.net()
      return inAll(net, 'bytesIn') >= earlier.in && inAll(net, 'bytesOut') >= earlier.out && net
    })
    const later = onSockets()
    expect(earlier.in).toBeGreaterThan(10_000)
    expect(inAll(counted, 'bytesIn')).toBeLessThanOrEqual(later.in)
    // What the node has written may wait in its own buffers yet.
    expect(inAll(counted, 'bytesOut')).toBeLessThanOrEqual(later.out * 1.1 + 65_536)
  })

  test('says what was useful, and how fast', async () => {
    const figures = await synod<Record<string, never>>(['net', '--home', node(2).home, '--interval-ms', '1000'])
    expect(figures).toMatchObject({
      intervalMs: expect.any(Number),
      wire: { bytesIn: expect.any(Number), inPerSecond: expect.any(Number) },
      classes: { consensus: { usefulBytes: expect.any(Number), duplicateBytes: expect.any(Number) } },
    })
    const { wire, classes, usefulBytes } = figures as unknown as {
      wire: { bytesIn: number; inPerSecond: number }
      classes: { consensus: { bytesIn: number; usefulBytes: number; duplicateBytes: number } }
      usefulBytes: number
    }
    expect(wire.inPerSecond).toBeGreaterThan(0)
    expect(classes.consensus.usefulBytes).toBeGreaterThan(0)
    expect(classes.consensus.usefulBytes + classes.consensus.duplicateBytes).toBeLessThanOrEqual(classes.consensus.bytesIn)
    expect(usefulBytes).toBeGreaterThan(0)
  })
})

describe('synod trace', () => {
  test('shows a transaction’s path over all four nodes, ending final', async () => {
    const { encoded, id } = signedTransfer(network, network.accounts[0]!, network.accounts[1]!)
    await node(2).client.submit([encoded])
    const { height } = await until('it is final', () => node(2).client.transaction(id))
    await Promise.all(network.nodes.map((each) => reaches(each, height + 1)))
    const words = ['trace', toHex(id), '--home', network.directory]
    const { block, steps } = await synod<{
      block: { height: number; hash: string }
      steps: readonly { node: string; subject: string; event: string; afterMs: number; hopMs: number | null }[]
    }>(words)
    expect(block.height).toBe(height)
    expect(steps[0]).toMatchObject({ node: 'node2', subject: 'transaction', event: 'submitted', afterMs: 0 })
    const names = ['node0', 'node1', 'node2', 'node3']
    const had = (subject: string, events: readonly string[]) =>
      names.filter((name) => steps.some((step) => step.node === name && step.subject === subject && events.includes(step.event)))
    expect(had('batch', ['packed', 'received', 'pulled'])).toEqual(names)
    expect(had('block', ['proposed', 'received'])).toEqual(names)
    expect(had('block', ['final'])).toEqual(names)
    expect(steps.at(-1)?.event).toBe('final')
    for (const { hopMs } of steps) expect(hopMs ?? 0).toBeGreaterThanOrEqual(0)

    const drawn = await runSynod(words)
    expect(drawn.stdout).toMatch(/node2 +\+0 ms {2}submitted by a client/)
    expect(drawn.stdout).toMatch(/[├└]─ node0/)
    expect(drawn.stdout).toContain('final on 4 of 4 nodes')
    expect(drawn.stdout).toContain('one machine’s clock')

    const byHeight = await synod<typeof words & { message: string }>(['trace', String(height), '--home', network.directory])
    expect(byHeight.message).toBe(block.hash)
  })

  test('follows a batch too, and asks just the nodes that are named, of which one may be silent', async () => {
    const { encoded, id } = signedTransfer(network, network.accounts[1]!, network.accounts[2]!)
    await node(1).client.submit([encoded])
    await until('it is final', () => node(1).client.transaction(id))
    const of = (index: number) => ['--node', node(index).url, '--token-file', join(node(index).home, 'operator-token')]
    const nobody = ['--node', 'http://127.0.0.1:1', '--token-file', join(node(0).home, 'operator-token')]
    interface Traced {
      readonly steps: readonly {
        readonly node: string
        readonly subject: string
        readonly hash: string
        readonly event: string
      }[]
      readonly silent: readonly { readonly node: string; readonly reason: string }[]
    }
    const { steps, silent } = await synod<Traced>(['trace', toHex(id), ...of(1), ...nobody])
    expect([...new Set(steps.map((step) => step.node))]).toEqual([new URL(node(1).url).host])
    expect(silent).toEqual([{ node: '127.0.0.1:1', reason: expect.stringContaining('API_UNREACHABLE') }])
    const batch = steps.find(({ subject }) => subject === 'batch')!.hash
    const ofBatch = await synod<Traced>(['trace', batch, ...of(0), ...of(1)])
    expect([...new Set(ofBatch.steps.map(({ subject }) => subject))].toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'batch',
      'block',
    ])
    const uneven = await runSynod(['trace', batch, ...of(0), '--node', node(1).url])
    expect([uneven.status, uneven.stderr]).toEqual([
      64,
      expect.stringContaining('--node is given 2 times and --token-file 1 times'),
    ])
  })

  test('says that it does not know a message', async () => {
    const { status, stderr } = await runSynod(['trace', 'ab'.repeat(32), '--home', network.directory])
    expect(status).toBe(1)
    expect(stderr).toContain('TRACE_UNKNOWN')
    expect(stderr).toContain('is not in the memory of the 4 nodes asked')
  })
})

describe('synod ban', () => {
  test('disconnects, holds across a restart, and ends with unban', async () => {
    const { home, client } = node(0)
    const banned = await idOf(node(3))
    const isConnected = async () => (await client.peers()).peers.some(({ id }) => id === banned)
    const home0 = ['--home', home]
    expect(await isConnected()).toBe(true)
    expect(await synod(['ban', banned.slice(-8), '--for', '1h', ...home0])).toEqual({ target: banned, changed: true })
    await until('the banned peer is gone', async () => !(await isConnected()))
    const held = { target: banned, kind: 'peer', by: 'operator' }
    expect((await synod<BansView>(['bans', ...home0])).bans).toMatchObject([held])

    await node(0).stop()
    await node(0).start()
    await reaches(node(0), (await node(1).client.status()).height)
    await until('the others are back', async () => (await client.peers()).peers.length === 2)
    expect((await synod<BansView>(['bans', ...home0])).bans).toMatchObject([held])
    expect(await isConnected()).toBe(false)

    expect(await synod(['unban', banned, ...home0])).toEqual({ target: banned, changed: true })
    expect(await synod(['unban', banned, ...home0], 1)).toEqual({ target: banned, changed: false })
    await until('the peer is back', isConnected, 90_000)
    expect((await synod<BansView>(['bans', ...home0])).bans).toEqual([])
  })

  test('is more than disconnect, after which a peer comes back', async () => {
    const { home, client } = node(0)
    const peer = await until('a peer is there', async () => (await client.peers()).peers[0])
    expect(await synod(['disconnect', peer.id, '--home', home])).toEqual({ target: peer.id, changed: true })
    const again = async () =>
      (await client.peers()).peers.find(({ id, connectedAt }) => id === peer.id && connectedAt > peer.connectedAt)
    await until('it is back', again, 90_000)
  })

  test('is told what is not to be understood, and who is not there', async () => {
    const home0 = ['--home', node(0).home]
    const odd = await runSynod(['ban', '10.0.0.0/99', ...home0])
    expect([odd.status, odd.stderr]).toEqual([1, expect.stringContaining('no peer id, IP address or CIDR block')])
    expect(await synod(['disconnect', 'nobody', ...home0], 1)).toEqual({ target: 'nobody', changed: false })
    const stranger = await runSynod(['ban', '10.0.0.1', '--api', node(0).url])
    expect([stranger.status, stranger.stderr]).toEqual([77, expect.stringContaining('OPERATOR_TOKEN_MISSING')])
  })

  test('keeps no allowed address out any longer than it is allowed', async () => {
    const home0 = ['--home', node(0).home]
    expect(await synod(['allow', '198.51.100.0/24', ...home0])).toMatchObject({ changed: true })
    expect((await synod<BansView>(['bans', ...home0])).allowed).toContain('198.51.100.0/24')
    expect(await synod(['disallow', '198.51.100.0/24', ...home0])).toMatchObject({ changed: true })
    expect((await synod<BansView>(['bans', ...home0])).allowed).not.toContain('198.51.100.0/24')
  })
})

describe('synod doctor', () => {
  interface Findings {
    readonly ok: boolean
    readonly findings: readonly {
      readonly check: string
      readonly level: string
      readonly found: string
      readonly advice?: string
    }[]
  }

  test('examines all there is of a node that runs, finds nothing broken, and says what to do where something is not right', async () => {
    const { ok, findings } = await synod<Findings>(['doctor', '--home', node(0).home])
    expect(ok).toBe(true)
    expect(new Set(findings.map(({ check }) => check))).toEqual(
      new Set([
        'node version',
        'configuration',
        'node',
        'key files',
        'open files',
        'disk space',
        'disk speed',
        'clock',
        'p2p port',
        'api port',
        'nat type',
        'public address',
        'reachability',
        'dns seeds',
      ]),
    )
    for (const finding of findings) {
      expect(finding).toEqual({
        check: expect.any(String),
        level: expect.stringMatching(/^(ok|warning)$/),
        found: expect.stringMatching(/./),
        ...(finding.level !== 'ok' && { advice: expect.stringMatching(/\.$/) }),
      })
    }
  })

  test('fails, and names the setting, where a node could not start', async () => {
    const { ok, findings } = await synod<Findings>(['doctor', '--home', node(0).home, '--set', 'p2p.max_peers=9'], 1)
    expect(ok).toBe(false)
    expect(findings.find(({ level }) => level === 'failure')).toMatchObject({
      check: 'configuration',
      found: expect.stringContaining('max_peers'),
      advice: expect.any(String),
    })
  })
})
