import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../e2e/support/until.ts'
import { startDnsmasq } from '../topology/counterparts/dnsmasq.ts'
import { delegatedTo, startKnot } from '../topology/counterparts/knot.ts'
import { whyNot } from '../topology/namespaces.ts'
import {
  foundSynodNetwork,
  type HostedNode,
  quiet,
  type Settings,
  type SynodNetwork,
  startInTurns,
  timeUntil,
} from '../topology/synod-network.ts'
import { type Host, openTopology, type Topology } from '../topology/topology.ts'

/**
 * Twenty nodes, each a process on a host of its own, a seed that crawls them, and newcomers that know nothing but the seed's name. The
 * times are printed. The deadlines begin when the newcomer answers, and allow for two processors that all of them share: what a goal of
 * ours says is for machines of their own.
 */
const size = Number(process.env['DISCOVERY_NODES'] ?? 20)
const validators = 4
const zone = 'seed.test'
const launcher = fileURLToPath(new URL('../../bin/synod.js', import.meta.url))
const without = whyNot('knotd', 'dnsmasq', 'dig')

describe.skipIf(without !== '')(`nodes that know only DNS seeds${without && ` (skipped: ${without})`}`, () => {
  let topology: Topology
  let network: SynodNetwork
  let authority: Host
  let resolver: Host
  let seed: Host
  let signer = ''

  beforeAll(async () => {
    topology = await openTopology('seeds')
    authority = await topology.host('authority')
    resolver = await topology.host('resolver')
    seed = await topology.host('seed')
    const hosts: Host[] = []
    for (let index = 0; index < size; index++) hosts.push(await topology.host(`node${index}`))
    const settingsOf = ([first]: readonly HostedNode[]) => ({ ...quiet, p2p: { peers: first ? [first.address] : [] } })
    network = await foundSynodNetwork(topology, { hosts, validators, settingsOf })
    await startKnot(topology, authority, { test: `seed NS ns.seed\nns.seed A ${seed.address}` })
    await startDnsmasq(resolver, { forwards: { [zone]: seed.address } })
    await startInTurns(network.nodes)
    await until('there are blocks', async () => (await heightOf(network.nodes[0]!)) > 2, 120_000)
    signer = await startSeed()
  }, 280_000)
  beforeEach(({ onTestFailed }) => onTestFailed(() => void process.stderr.write(topology.logs().slice(-20_000))))
  afterAll(() => topology?.close(), 60_000)

  /** Returns the key that signs the list of peers, when the list is served. */
  async function startSeed(): Promise<string> {
    const state = join(topology.directory, 'seed.state')
    await mkdir(state)
    const { home } = await network.add(seed, quiet)
    const where = ['--home', home, '--state', state, '--key-file', join(state, 'key'), '--listen', `${seed.address}:53`]
    const zoneWords = ['--zone', zone, '--address', seed.address, '--interval', '5', '--rate', '10000']
    const words = [process.execPath, launcher, 'dns-seed', ...where, ...zoneWords, '--peer', network.nodes[0]!.address]
    const run = await seed.start(words, async ({ output }) => output.includes('Serving'), { timeoutMs: 90_000 })
    const found = await timeUntil(
      'the seed has tested the network',
      async () => (await dig('SRV', `_synod._tcp.${zone}`)).length > 0,
      60_000,
    )
    report({ seedServesMs: found })
    return /signed by ([0-9a-f]{64})/.exec(run.output)?.[1] ?? ''
  }

  async function dig(kind: string, name: string, server = resolver.address): Promise<readonly string[]> {
    const { stdout } = await resolver.run(['dig', '+short', '+tries=1', '+time=2', `@${server}`, name, kind])
    return stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';'))
  }

  const newcomer = async (name: string, discovery: Settings[string], chainText?: string) =>
    network.add(
      await topology.host(name),
      { ...quiet, discovery: { ...quiet['discovery'], dns_seeds: [zone], ...discovery } },
      chainText,
    )

  test('the seed is delegated to, and dig finds its peers by every kind of record', async () => {
    expect(await delegatedTo(resolver, authority.address, zone)).toBe(seed.address)
    const nodes = new Set(network.nodes.map(({ host }) => host.address))
    const addresses = await dig('A', zone, seed.address)
    expect(addresses.length).toBeGreaterThan(0)
    expect(addresses.filter((address) => !nodes.has(address))).toEqual([])
    const services = await dig('SRV', `_synod._tcp.${zone}`)
    expect(services.every((service) => / 26600 /.test(service))).toBe(true)
    const texts = await dig('TXT', `_dnsaddr.${zone}`)
    expect(texts.every((text) => text.startsWith('"dnsaddr=/ip4/45.'))).toBe(true)
    expect((await dig('TXT', `_synod-peers.${zone}`)).length).toBeGreaterThan(0)
    const overTcp = await resolver.run(['dig', '+tcp', '+short', `@${seed.address}`, zone])
    expect(overTcp.stdout.trim().split('\n').length).toBeGreaterThanOrEqual(addresses.length)
  })

  test('an empty node finds four peers and the tip, and every node gets to know it', async () => {
    const began = performance.now()
    const since = () => Math.round(performance.now() - began)
    const node = await newcomer('newcomer', { resolvers: [resolver.address] })
    const tip = await heightOf(network.nodes[0]!)
    const prepared = since()
    await node.start()
    const startMs = since() - prepared
    const hasPeers = until('it has four peers', async () => (await peersOf(node)).length >= 4, 20_000).then(
      () => since() - prepared,
    )
    const isThere = until('it is at the tip', async () => (await heightOf(node)) >= tip, 30_000).then(() => since() - prepared)
    const [fourPeersMs, tipMs] = await Promise.all([hasPeers, isThere])
    const isKnown = network.nodes.map((other) =>
      until(`${other.host.name} knows it`, async () => knows(other, node), 45_000).then(() => since() - prepared),
    )
    const knownMs = Math.max(...(await Promise.all(isKnown)))
    report({ nodes: size, startMs, fourPeersMs, tipMs, knownByAllMs: knownMs })
    await node.stop()
  })

  test('a list that the seed signed is enough, and is checked against the chain’s key', async () => {
    const [own, others] = [signer, signer.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))]
    expect(own).toMatch(/^[0-9a-f]{64}$/)
    const withKey = (key: string) => network.chainText.replace(/^#? ?seed_keys = .*$/m, `seed_keys = ["${key}"]`)
    expect(withKey(own)).not.toBe(network.chainText)
    const believing = await newcomer('believing', { resolvers: [resolver.address] }, withKey(own))
    const run = await believing.start()
    await until('it has a peer', async () => (await peersOf(believing)).length > 0)
    expect(run.output).not.toContain('signed list is refused')
    await believing.stop()
    const doubting = await newcomer('doubting', { resolvers: [resolver.address] }, withKey(others))
    const doubtingRun = await doubting.start()
    await until('it refuses the list', async () => doubtingRun.output.includes('signed list is refused'))
    // Unsigned kinds are the fallback.
    await until('it has a peer all the same', async () => (await peersOf(doubting)).length > 0)
    await doubting.stop()
  })

  test('resolvers that deny, refuse, keep silent or are captive hurt nobody who has a good one', async () => {
    const [denying, refusing, silent, captive] = await Promise.all(
      ['denying', 'refusing', 'silent', 'captive'].map((name) => topology.host(name)),
    )
    await startDnsmasq(denying!, { denies: [zone] })
    await startDnsmasq(refusing!, {})
    const sink = `require('node:dgram').createSocket('udp4').bind(53, () => console.log('listens'))`
    await silent!.start([process.execPath, '-e', sink], async ({ output }) => output.includes('listens'))
    await startDnsmasq(captive!, { everything: captive!.address })
    const bad = [denying!, refusing!, silent!, captive!].map(({ address }) => address)

    const lucky = await newcomer('lucky', { resolvers: [...bad, resolver.address] })
    await lucky.start()
    const tip = await heightOf(network.nodes[0]!)
    report({ tipDespiteBadResolversMs: await timeUntil('it is at the tip', async () => (await heightOf(lucky)) >= tip, 60_000) })
    await lucky.stop()

    const unlucky = await newcomer('unlucky', { resolvers: bad })
    const run = await unlucky.start()
    await until('it has asked', async () => run.output.includes('asked the DNS seeds for peers'))
    expect(run.output).toContain('a resolver has an address for every name')
    expect(await peersOf(unlucky)).toEqual([])
    const doctor = await unlucky.host.run([process.execPath, launcher, 'doctor', '--home', unlucky.home, '--json'], 60_000)
    const { findings } = JSON.parse(doctor.stdout) as { findings: { check: string; level: string; found: string }[] }
    const seeds = findings.filter(({ check }) => check === 'dns seeds')
    expect(seeds.map(({ level }) => level)).toEqual(['warning', 'warning', 'warning', 'warning', 'failure'])
    for (const [index, what] of ['nxdomain', 'refused', 'timeout', 'an address for every name'].entries())
      expect(seeds[index]?.found).toContain(what)
    await unlucky.stop()
  })
})

async function heightOf({ client }: HostedNode): Promise<number> {
  return (await client.status()).height
}

async function peersOf({ client }: HostedNode): Promise<readonly string[]> {
  return (await client.peers()).peers.map(({ id }) => id)
}

/**
 * It is connected to it, or has its address in its book: the book of a node that knows every other holds as many as there are nodes, and is
 * written some ten seconds after it has changed.
 */
async function knows(node: HostedNode, other: HostedNode): Promise<boolean> {
  if ((await peersOf(node)).includes(other.peerId)) return true
  const { addressBook } = await node.client.status()
  if (addressBook.new + addressBook.tried >= size) return true
  const book = await readFile(join(node.home, 'data', 'address-book'), 'latin1').catch(() => '')
  return book.includes(`/ip4/${other.host.address}/`)
}

function report(figures: Readonly<Record<string, number>>): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}
