import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ed25519Keypair } from '../../src/crypto/ed25519.ts'
import { listToTexts } from '../../src/peers/dns-seeds/list-texts.ts'
import { signPeerList } from '../../src/peers/dns-seeds/signed-peer-list.ts'
import { fromHex, toHex } from '../../src/primitives/bytes.ts'
import { until } from '../e2e/support/until.ts'
import { startDnsmasq } from '../topology/counterparts/dnsmasq.ts'
import { startKnot } from '../topology/counterparts/knot.ts'
import { whyNot } from '../topology/namespaces.ts'
import { foundSynodNetwork, type HostedNode, type SynodNetwork } from '../topology/synod-network.ts'
import { type Host, openTopology, type Topology } from '../topology/topology.ts'

/** What a node makes of a name system that answers in part, wrongly or not at all: it starts, and says what happened. */
const without = whyNot('knotd', 'dnsmasq')
const lists = ed25519Keypair(new Uint8Array(32).fill(7))

describe.skipIf(without !== '')(`a node that asks DNS seeds${without && ` (skipped: ${without})`}`, () => {
  let topology: Topology
  let network: SynodNetwork
  let authority: Host
  let resolver: Host
  let peer: HostedNode
  let place = 0

  beforeAll(async () => {
    topology = await openTopology('names')
    authority = await topology.host('authority')
    resolver = await topology.host('resolver')
    network = await foundSynodNetwork(topology, { hosts: [await topology.host('peer')], validators: 1 })
    peer = network.nodes[0] as HostedNode
    await peer.start()
    await startKnot(topology, authority, { test: await zone() }, ['failing.test'])
    await startDnsmasq(resolver, { forwards: { 'failing.test': authority.address, test: authority.address } })
  }, 120_000)
  beforeEach(({ onTestFailed }) => onTestFailed(() => void process.stderr.write(topology.logs().slice(-20_000))))
  afterAll(() => topology?.close(), 60_000)

  /** Each name below has one kind of answer that is good, and of the better kinds none or one that is not. */
  async function zone(): Promise<string> {
    const { address } = peer.host
    const now = Date.now()
    const signed = (by: typeof lists) =>
      listToTexts(1, signPeerList({ ...list, issuedAt: now, expiresAt: now + 3_600_000, addresses: [peer.address] }, by))
    const list = { version: 1, chainId: fromHex((await peer.client.status()).chainId)!, sequence: 1 } as const
    const texts = (name: string, all: readonly string[]) =>
      all.map((text) => `${name} TXT ${(text.match(/.{1,250}/g) ?? []).map((part) => `"${part}"`).join(' ')}`)
    return [
      `host A ${address}`,
      `hosts A ${address}`,
      '_synod._tcp.service SRV 0 0 26600 host',
      ...texts('_dnsaddr.dnsaddr', [`dnsaddr=${peer.address}`, 'v=spf1 -all']),
      ...texts('_synod-peers.signed', signed(lists)),
      ...texts('_synod-peers.forged', signed(ed25519Keypair(new Uint8Array(32).fill(8)))),
      ...texts('_dnsaddr.forged', [`dnsaddr=${peer.address}`]),
      ...texts('_dnsaddr.lies', ['dnsaddr=/ip4/127.0.0.1/tcp/1', 'dnsaddr=nonsense', 'dnsaddr=/ip4/10.1.1.1/tcp/26600']),
      '_synod._tcp.lies SRV 0 0 22 host',
      '_synod._tcp.lies SRV 0 0 26600 nobody',
      `lies A ${address}`,
      'lies A 192.168.7.7',
    ].join('\n')
  }

  async function newcomer(discovery: Readonly<Record<string, unknown>>) {
    const chainText = network.chainText.replace(/^#? ?seed_keys = .*$/m, `seed_keys = ["${toHex(lists.publicKey)}"]`)
    expect(chainText).not.toBe(network.chainText)
    const host = await topology.host(`new${++place}`)
    const settings = { discovery: { dns_timeout_ms: 1500, mdns: 'off', ...discovery } }
    const node = await network.add(host, settings, chainText)
    return { node, run: await node.start() }
  }
  const isConnected = async ({ client }: HostedNode) => (await client.peers()).peers.some(({ id }) => id === peer.peerId)

  test.each([
    ['addresses alone', 'hosts', 'no-data|nxdomain'],
    ['a service alone', 'service', 'no-data|nxdomain'],
    ['texts with addresses alone', 'dnsaddr', 'no-data|nxdomain'],
    ['a signed list alone', 'signed', 'no-data|nxdomain'],
    ['a list that another key signed, and texts', 'forged', 'signed list is refused'],
    ['texts and services that are no use, and an address', 'lies', 'no-data|nxdomain'],
  ])('comes in by %s', async (_what, name, said) => {
    const { node, run } = await newcomer({ dns_seeds: [`${name}.test`], resolvers: [resolver.address] })
    await until('it has the peer', () => isConnected(node), 60_000)
    await until('it says what it was told', async () => new RegExp(said).test(run.output))
    await node.stop()
  })

  test('whose resolvers fail, keep silent or make something up starts all the same, says so, and is led in by one that is good', async () => {
    const silent = await topology.host('silent')
    const sink = `require('node:dgram').createSocket('udp4').bind(53, () => console.log('listens'))`
    await silent.start([process.execPath, '-e', sink], async ({ output }) => output.includes('listens'))
    const captive = await topology.host('captive')
    await startDnsmasq(captive, { everything: '10.0.0.1' })
    const away = '45.250.0.10'
    const bad = [resolver.address, silent.address, captive.address, away]

    const lost = await newcomer({ dns_seeds: ['failing.test'], resolvers: bad })
    const said = await until('it has asked', async () => /"addresses":0,"answers":"[^"]*"/.exec(lost.run.output)?.[0])
    for (const what of ['servfail', 'timeout']) expect(said).toContain(what)
    expect(lost.run.output).toContain('a resolver has an address for every name')
    expect((await lost.node.client.peers()).peers).toEqual([])
    expect((await lost.node.client.status()).addressBook).toEqual({ new: 0, tried: 0 })
    await lost.node.stop()

    const found = await newcomer({ dns_seeds: ['failing.test', 'dnsaddr.test'], resolvers: bad })
    await until('it has the peer', () => isConnected(found.node), 60_000)
    await found.node.stop()
  })
})
