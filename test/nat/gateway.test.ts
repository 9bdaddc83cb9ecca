import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMiniupnpd } from '../topology/counterparts/miniupnpd.ts'
import { whyNot } from '../topology/namespaces.ts'
import { openTopology, type Topology } from '../topology/topology.ts'

/** Our UPnP client against miniupnpd, whose kernel says what is really forwarded. */
const without = whyNot('miniupnpd')
const asker = fileURLToPath(new URL('./ask-gateway.ts', import.meta.url))

describe.skipIf(without !== '')(`a real gateway${without && ` (skipped: ${without})`}`, () => {
  let topology: Topology
  beforeAll(async () => {
    topology = await openTopology('upnp')
  })
  afterAll(() => topology?.close())

  test('maps a port, is seen to have forgotten it, maps it again, and takes it back', async () => {
    const router = await topology.router('home', 'port-restricted')
    const inside = await topology.host('inside', router)
    const gateway = await startMiniupnpd(topology, router)
    const ask = async (...words: string[]): Promise<unknown> => {
      const { stdout } = await inside.run([process.execPath, asker, ...words], 60_000)
      return JSON.parse(stdout)
    }
    const granted = { externalHost: router.address, stoodBefore: false, granted: 'granted', stands: true }
    expect(await ask('--keep')).toMatchObject(granted)
    expect(await gateway.mappings()).toMatchObject([{ protocol: 'tcp', publicPort: 4001, port: 4001 }])
    await gateway.forget()
    expect(await ask()).toMatchObject(granted)
    expect(await gateway.mappings()).toEqual([])
  })
})
