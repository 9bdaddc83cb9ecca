import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAvahi } from '../topology/counterparts/avahi.ts'
import { startDnsmasq } from '../topology/counterparts/dnsmasq.ts'
import { delegatedTo, startKnot } from '../topology/counterparts/knot.ts'
import { whyNot } from '../topology/namespaces.ts'
import { type Host, openTopology, type Topology } from '../topology/topology.ts'

/** The rig itself: the servers that the tests of discovery lean on answer each other. */
let topology: Topology
const without = whyNot('knotd', 'dnsmasq', 'dig')
const skipped = without && ` (skipped: ${without})`

beforeAll(async () => {
  if (without === '') topology = await openTopology('rig')
})
afterAll(() => topology?.close())

describe.skipIf(without !== '')(`names${skipped}`, () => {
  let asking: Host
  let authority: Host
  let resolver: Host
  let captive: Host
  const dig = async (...words: string[]) => (await asking.run(['dig', '+short', '+tries=1', ...words])).stdout.trim()

  beforeAll(async () => {
    const other = await topology.host('other')
    authority = await topology.host('authority')
    resolver = await topology.host('resolver')
    captive = await topology.host('captive')
    asking = await topology.host('asking')
    const delegation = `zone NS ns.zone\nns.zone A ${other.address}`
    await startKnot(topology, authority, { test: `${delegation}\nwww.knot A 45.9.9.9` })
    await startKnot(topology, other, { 'zone.test': 'www A 45.8.8.8' })
    await startDnsmasq(resolver, { forwards: { 'zone.test': other.address, 'knot.test': authority.address } })
    await startDnsmasq(captive, { everything: '45.7.7.7' })
  })

  test('a resolver answers for the authorities', async () => {
    expect(await dig(`@${resolver.address}`, 'www.zone.test')).toBe('45.8.8.8')
    expect(await dig(`@${resolver.address}`, 'www.knot.test')).toBe('45.9.9.9')
  })

  test('a delegation leads from the authority to the zone', async () => {
    const server = await delegatedTo(asking, authority.address, 'www.zone.test')
    expect(await dig('+norecurse', `@${server}`, 'www.zone.test')).toBe('45.8.8.8')
  })

  test('a captive resolver knows one address for everything', async () => {
    expect(await dig(`@${captive.address}`, 'anything.example')).toBe('45.7.7.7')
  })
})

const withoutAvahi = whyNot('avahi-daemon', 'avahi-browse', 'avahi-publish', 'dbus-daemon')
describe.skipIf(withoutAvahi !== '')(`a local network${withoutAvahi && ` (skipped: ${withoutAvahi})`}`, () => {
  test('avahi finds what another avahi publishes', async () => {
    const router = await topology.router('home', 'port-restricted')
    const [here, there] = [await topology.host('here', router), await topology.host('there', router)]
    const [finder, publisher] = [await startAvahi(topology, here), await startAvahi(topology, there)]
    await publisher.publish('_synod-rig._tcp', 4711)
    expect(await finder.browse('_synod-rig._tcp')).toEqual([expect.stringContaining(`${there.address};4711`)])
  })
})
