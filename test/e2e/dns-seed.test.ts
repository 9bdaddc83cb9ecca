import { spawnSync } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDnsResolver } from '../../src/adapters/dns/dns-resolver.ts'
import { chainIdOf } from '../../src/chain/chain-spec.ts'
import { freePorts } from '../../src/cli/devnet/free-ports.ts'
import type { DnsAnswer, DnsKind } from '../../src/peers/dns-seeds/dns-answer.ts'
import { toHex } from '../../src/primitives/bytes.ts'
import { createFollowerHome } from './support/follower-home.ts'
import { foundLocalNetwork, type LocalNetwork, type LocalNode, reaches } from './support/local-network.ts'
import { runSynod, type StartedRun, startSynod } from './support/run-synod.ts'
import { until } from './support/until.ts'

/** A seed of real peers, asked by real resolvers, and a node that knows nothing else: on loopback. */
const zone = 'seed.test'
const host = '127.77.0.53'
let network: LocalNetwork
let seed: StartedRun
let server = ''
let signer = ''
let metricsUrl = ''

const nodes = 3
const patienceMs = 90_000
const inNetwork = (name: string) => join(network.directory, name)

function seedWords(port: number, ...more: readonly string[]): readonly string[] {
  const home = network.nodes[0]?.home ?? ''
  return [
    ...['dns-seed', '--home', home, '--zone', zone, '--address', host, '--interval', '2', '--ttl', '1'],
    ...['--key-file', inNetwork('seed.key'), '--state', inNetwork('seed-state'), '--dial-from', '127.77.0.54'],
    ...(port > 0 ? ['--listen', `${host}:${port}`] : []),
    ...more,
  ]
}

beforeAll(async () => {
  network = await foundLocalNetwork({ validators: nodes, intervalMs: 500 })
  await network.start()
  await Promise.all(network.nodes.map((node) => reaches(node, 1, patienceMs)))
  const [port, metricsPort] = (await freePorts(2, 31_500, () => host)) as [number, number]
  server = `${host}:${port}`
  metricsUrl = `http://${host}:${metricsPort}`
  const [address = ''] = (await network.nodes[0]!.client.status()).addresses
  seed = startSynod(seedWords(port, '--peer', address, '--metrics', `${host}:${metricsPort}`, '--json'))
  const good = async () => {
    const status = (await (await fetch(`${metricsUrl}/status`)).json()) as { good: number }
    return status.good >= nodes
  }
  await until('the seed knows every node', good, patienceMs).catch((cause: unknown) => {
    throw new Error(`the seed said: ${seed.output}`, { cause })
  })
  signer = /signed by ([0-9a-f]{64})/.exec(seed.output)?.[1] ?? ''
}, 2 * patienceMs)

afterAll(async () => {
  await seed?.kill('SIGKILL')
  await network?.stop()
})

async function ask(name: string, kind: DnsKind): Promise<DnsAnswer> {
  return createDnsResolver({ server, timeoutMs: 3000 }).ask({ name, kind })
}

describe('a node with an empty data directory and a DNS seed', () => {
  async function follower(name: string, chainText: string, discovery: readonly string[]): Promise<LocalNode> {
    const settings = ['p2p.peers=', `discovery.resolvers=${server}`, 'discovery.private_addresses=true', ...discovery]
    return createFollowerHome(network, name, { chainText, overrides: settings })
  }
  const lists = () => network.chainText.replace('[chain]\n', `[chain]\ndns_seeds = ["${zone}"]\nseed_keys = ["${signer}"]\n`)

  test.each([
    ['that its chain spec names, with a key', true, []],
    ['that its operator names', false, [`discovery.dns_seeds=${zone}`]],
  ])('%s reaches the tip', async (what, isSigned, discovery) => {
    const node = await follower(`newcomer-${isSigned}`, isSigned ? lists() : network.chainText, discovery)
    await node.start()
    try {
      const { height } = await network.nodes[0]!.client.status()
      await reaches(node, height, patienceMs)
      expect({ what, peers: (await node.client.peers()).peers.length > 0 }).toEqual({ what, peers: true })
      expect(await node.log()).toContain('asked the DNS seeds for peers')
      const exposition = await (await fetch(new URL('/metrics', node.url))).text()
      expect(exposition).toMatch(
        new RegExp(`synod_dns_seed_addresses_total\\{kind="${isSigned ? 'signed' : 'dnsaddr'}"\\} [1-9]`),
      )
    } finally {
      await node.stop()
    }
  })

  test('of the same chain, since where peers are found is not part of its id', async () => {
    expect(lists()).not.toBe(network.chainText)
    const path = inNetwork('with-seeds.toml')
    await writeFile(path, lists())
    const { loadChain } = await import('../../src/node/config/load-chain.ts')
    const { spec, chainId } = await loadChain({ chainFile: path })
    expect(spec.chain.dns_seeds).toEqual([zone])
    expect(toHex(chainId)).toBe(toHex(chainIdOf(network.chain.spec)))
  })
})

describe('synod dns-seed', () => {
  test('serves every kind', async () => {
    const services = await ask(`_synod._tcp.${zone}`, 'SRV')
    expect(services).toMatchObject({
      ok: true,
      records: { services: expect.arrayContaining([expect.objectContaining({ priority: 0 })]) },
    })
    const targets = services.ok && 'services' in services.records ? services.records.services : []
    expect(targets.length).toBeGreaterThanOrEqual(nodes)
    for (const { target } of targets)
      expect(await ask(target, 'A')).toMatchObject({ ok: true, records: { addresses: [expect.stringMatching(/^127\./)] } })
    const texts = await ask(`_dnsaddr.${zone}`, 'TXT')
    expect(
      texts.ok &&
        'texts' in texts.records &&
        texts.records.texts.every((text) => /^dnsaddr=\/ip4\/127\..*\/p2p\/12D3/.test(text)),
    ).toBe(true)
    expect(await ask(`_synod-peers.${zone}`, 'TXT')).toMatchObject({ ok: true })
    expect(await ask(`ns.${zone}`, 'A')).toEqual({ ok: true, records: { kind: 'A', addresses: [host] } })
    expect(await ask(`nobody.${zone}`, 'A')).toEqual({ ok: false, failure: 'nxdomain' })
    expect(await ask('example.org', 'A')).toEqual({ ok: false, failure: 'refused' })
  })

  const without = spawnSync('dig', ['-v']).error ? ' (skipped: there is no dig)' : ''
  test.skipIf(without !== '')(`is a name server to dig${without}`, () => {
    const [address = '', port = ''] = server.split(':')
    const dig = (...words: readonly string[]) =>
      spawnSync('dig', ['-p', port, `@${address}`, '+norecurse', '+tries=1', '+time=3', ...words], { encoding: 'utf8' }).stdout
    expect(dig(zone, 'SOA')).toMatch(
      new RegExp(
        `flags: qr aa;[\\s\\S]*${zone}\\.\\s+1\\s+IN\\s+SOA\\s+ns\\.${zone}\\. hostmaster\\.${zone}\\. \\d+ 900 300 86400 60`,
      ),
    )
    expect(dig(zone, 'NS', '+short').trim()).toBe(`ns.${zone}.`)
    expect(dig(zone, 'ANY', '+notcp')).toContain('status: REFUSED')
    expect(dig(zone, 'AXFR')).toContain('Transfer failed')
    expect(dig(`_synod-peers.${zone}`, 'TXT', '+notcp', '+ignore')).toMatch(/flags: qr aa tc;[\s\S]*ANSWER: 0/)
    const list = dig(`_synod-peers.${zone}`, 'TXT')
    expect(list).toContain('(TCP)')
    expect(list).toContain('synod-peers=1;')
    expect(dig(`_synod-peers.${zone}`, 'TXT', '+tcp', '+noedns')).toContain('synod-peers=1;')
    expect(dig(zone, 'SOA', '+edns=1')).toContain('BADVERS')
    expect(dig(zone, 'TYPE65')).toMatch(/status: NOERROR[\s\S]*AUTHORITY: 1/)
    expect(dig('SeEd.TeSt', 'NS')).toContain(';SeEd.TeSt.')
  })

  test('counts what it is asked', async () => {
    await ask(zone, 'SRV')
    const exposition = await (await fetch(`${metricsUrl}/metrics`)).text()
    expect(exposition).toMatch(/synod_seeder_queries_total\{transport="udp",outcome="NOERROR"\} [1-9]/)
    expect(exposition).toMatch(/synod_seeder_tests_total\{result="answered"\} [1-9]/)
  })

  test('keeps its key to itself, exports its zone, and goes on from its statistics', async () => {
    expect((await stat(inNetwork('seed.key'))).mode & 0o777).toBe(0o600)
    const stopped = await seed.kill('SIGINT')
    expect({ status: stopped.status, signal: stopped.signal }).toEqual({ status: 0, signal: null })
    const last = JSON.parse(stopped.stdout.trim().split('\n').at(-1) ?? '') as { good: number; list: { addresses: number } }
    expect(last.good).toBeGreaterThanOrEqual(nodes)
    expect(last.list.addresses).toBe(last.good)
    const file = inNetwork('seed.zone')
    const run = await runSynod(seedWords(0, '--export', file, '--once', '--json'))
    expect({ status: run.status, stderr: run.stderr }).toMatchObject({ status: 0 })
    const { good } = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as { good: number }
    expect(good).toBeGreaterThanOrEqual(nodes)
    const text = await readFile(file, 'utf8')
    expect(text).toMatch(new RegExp(`^\\$ORIGIN ${zone}\\.\n${zone}\\. 1 IN SOA `))
    expect(text.match(/dnsaddr=/g)).toHaveLength(good)
  })
})
