import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProcess } from '../e2e/support/run-synod.ts'
import { until } from '../e2e/support/until.ts'
import { oracleSays, startCoturn } from '../topology/counterparts/coturn.ts'
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
