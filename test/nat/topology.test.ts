import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProcess } from '../e2e/support/run-synod.ts'
import { until } from '../e2e/support/until.ts'
import { oracleSays, startCoturn } from '../topology/counterparts/coturn.ts'
import { startMiniupnpd } from '../topology/counterparts/miniupnpd.ts'
import { whyNot } from '../topology/namespaces.ts'
import { type NatKind, natKinds } from '../topology/nat-rules.ts'
import { type Host, openTopology, type Topology } from '../topology/topology.ts'

/** The rig itself: an independent program must find each router to be what it is said to be. */
const without = whyNot('turnserver', 'turnutils_natdiscovery')
const skipped = without && ` (skipped: ${without})`

describe.skipIf(without !== '')(`the routers of the topology${skipped}`, () => {
  let topology: Topology
  let server: Host
  const behind = new Map<NatKind, Host>()

  beforeAll(async () => {
    topology = await openTopology('rig')
    server = await topology.host('stun')
    await startCoturn(topology, server)
    for (const kind of natKinds) behind.set(kind, await topology.host(`behind-${kind}`, await topology.router(kind, kind)))
  })
  afterAll(() => topology?.close())

  test.each([
    ['full-cone', 'Endpoint Independent', 'Endpoint Independent'],
    ['port-restricted', 'Endpoint Independent', 'Address and Port Dependent'],
    ['symmetric', 'Address and Port Dependent', 'Address and Port Dependent'],
  ] as const)('%s: mapping is %s, filtering %s', async (kind, mapping, filtering) => {
    expect(await oracleSays(behind.get(kind)!, server.address)).toEqual({ mapping, filtering })
  })

  test('no packet leaves for this machine or its network', async () => {
    const { stdout: devices } = await server.run(['ip', '-br', 'link'])
    expect(
      devices
        .trim()
        .split('\n')
        .map((line) => line.split(/[ @]/)[0]),
    ).toEqual(['lo', 'eth0'])
    const { stdout: bridge } = await server.run(['ip', '-n', server.namespace.replace(/-stun$/, '-internet'), '-br', 'link'])
    expect(bridge.split('\n').filter((line) => line !== '' && !/^(lo|bridge|port\d+@)/.test(line))).toEqual([])
  })

  test('nothing is left of a run that was killed', async () => {
    const source = fileURLToPath(new URL('../topology/topology.ts', import.meta.url))
    const script = `const { openTopology } = await import('${source}')
      const topology = await openTopology('killed')
      await (await topology.host('busy', await topology.router('r', 'symmetric'))).start(['sleep', '600'])
      console.log(JSON.stringify({ directory: topology.directory }))
      setInterval(() => {}, 1000)`
    const run = startProcess([process.execPath, '--input-type=module', '-e', script])
    const said = await until('the topology is built', async () => run.output.endsWith('\n') && run.output)
    const { directory } = JSON.parse(said) as { directory: string }
    const ofIt = () =>
      spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout.match(new RegExp(`synod-${run.pid}-`, 'g')) ?? []
    expect(ofIt()).toHaveLength(3)
    await run.kill('SIGKILL')
    await until('its namespaces and files are gone', async () => ofIt().length === 0 && !existsSync(directory))
  })
})

const withoutGateway = whyNot('miniupnpd')
describe.skipIf(withoutGateway !== '')(`the gateway of the topology${withoutGateway && ` (skipped: ${withoutGateway})`}`, () => {
  let topology: Topology
  beforeAll(async () => {
    topology = await openTopology('gateway')
  })
  afterAll(() => topology?.close())

  test('maps a port through which strangers come in, until it forgets', async () => {
    const router = await topology.router('home', 'port-restricted')
    const [inside, outside] = [await topology.host('inside', router), await topology.host('outside')]
    const gateway = await startMiniupnpd(topology, router)
    const listen = `require('node:net').createServer((socket) => socket.end('inside')).listen(4001, () => console.log('listens'))`
    await inside.start([process.execPath, '-e', listen], async (run) => run.output.includes('listens'))
    const knock = `const socket = require('node:net').connect(4001, '${router.address}', () => socket.pipe(process.stdout))
      socket.setTimeout(1000, () => process.exit(1))
      socket.on('error', () => process.exit(1))`
    const knocked = async () => (await outside.run([process.execPath, '-e', knock])).stdout
    expect(await knocked()).toBe('')
    const map = `for await (const gateway of (await import('@achingbrain/nat-port-mapper')).upnpNat().findGateways()) {
        await gateway.map(4001, '${inside.address}', { externalPort: 4001, protocol: 'tcp' })
        process.exit(0)
      }`
    expect(await inside.run([process.execPath, '--input-type=module', '-e', map])).toMatchObject({ status: 0, stderr: '' })
    expect(await gateway.mappings()).toEqual([{ protocol: 'tcp', publicPort: 4001, host: inside.address, port: 4001 }])
    expect(await knocked()).toBe('inside')
    await gateway.forget()
    expect(await gateway.mappings()).toEqual([])
    expect(await knocked()).toBe('')
  })
})
