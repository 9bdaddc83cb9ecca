import { afterEach, describe, expect, it } from 'vitest'
import { type IgdDevice, type IgdFaults, startIgdDevice } from '../../../test/nat/igd-device.ts'
import type { FoundGateway } from '../../ports/gateway.ts'
import { createSystemClock } from '../system/system-clock.ts'
import { createUpnpGateway } from './upnp-gateway.ts'

const running: IgdDevice[] = []
afterEach(() => {
  for (const device of running.splice(0)) device.close()
})

const clock = createSystemClock()
const mapping = { protocol: 'tcp', internalPort: 26_600, externalPort: 26_600, leaseSeconds: 3600 } as const

async function deviceWith(faults: IgdFaults = {}) {
  const device = await startIgdDevice(faults)
  running.push(device)
  const found = await createUpnpGateway({ clock, target: device.ssdp, waitMs: 300, timeoutMs: 500 }).find()
  return { device, found }
}

async function gatewayWith(faults: IgdFaults = {}): Promise<{ device: IgdDevice; gateway: FoundGateway }> {
  const { device, found } = await deviceWith(faults)
  if (!found) throw new Error('no gateway was found')
  return { device, gateway: found }
}

describe('a gateway that speaks UPnP', () => {
  it('maps a port to this machine, knows of it, and takes it back', async () => {
    const { device, gateway } = await gatewayWith()
    expect(gateway.internalHost).toBe('127.0.0.1')
    expect(await gateway.externalHost()).toBe('8.8.4.4')
    expect(await gateway.stands(mapping)).toBe(false)
    expect(await gateway.map(mapping)).toBe('granted')
    expect(device.mappings.get('26600 TCP')).toEqual({ client: '127.0.0.1', port: 26_600, lease: 3600 })
    expect(await gateway.stands(mapping)).toBe(true)
    expect(await gateway.stands({ ...mapping, internalPort: 1 })).toBe(false)
    await gateway.unmap(mapping)
    expect(device.mappings.size).toBe(0)
    await gateway.unmap(mapping)
  })

  it('is asked for a mapping without end when it knows no other', async () => {
    const { device, gateway } = await gatewayWith({ permanentOnly: true })
    expect(await gateway.map(mapping)).toBe('permanent')
    expect(device.mappings.get('26600 TCP')?.lease).toBe(0)
  })

  it('says that a port is taken', async () => {
    const { gateway } = await gatewayWith({ taken: new Set([26_600]) })
    expect(await gateway.map(mapping)).toBe('taken')
  })

  it.each(['0.0.0.0', 'nonsense', '', '<x/>'])('has no address when it says %s', async (external) => {
    expect(await (await gatewayWith({ external })).gateway.externalHost()).toBeUndefined()
  })
})

describe('what is no gateway', () => {
  it.each<[string, IgdFaults]>([
    ['that describes itself as garbage', { description: '\u0000<<<<service>>>' }],
    ['without the service', { description: '<root><device/></root>' }],
    ['with a description without end', { description: `<root>${'x'.repeat(400_000)}` }],
    ['whose requests would go elsewhere', { controlUrl: 'http://127.0.0.9/ctl' }],
    ['whose requests would go over another protocol', { controlUrl: 'file:///etc/passwd' }],
    ['that names another host', { location: (port) => `http://127.0.0.9:${port}/desc.xml` }],
    ['that names no address', { location: () => 'nonsense' }],
    ['that names a closed port', { location: () => 'http://127.0.0.1:1/' }],
  ])('a device %s', async (_, faults) => {
    const { device, found } = await deviceWith(faults)
    expect(found).toBeUndefined()
    expect(device.asked).toEqual([])
  })
})

describe('a gateway that answers nonsense', () => {
  it.each<[string, NonNullable<IgdFaults['answer']>]>([
    ['garbage', () => [200, '\u0000\u0001garbage']],
    ['nothing', () => [200, '']],
    ['without end', () => [200, 'x'.repeat(400_000)]],
    ['an error page', () => [404, '<html>not found</html>']],
    ['an error that is none', () => [500, '<errorCode>many</errorCode>']],
    ['a redirection', () => [302, '']],
  ])('%s', async (_, answer) => {
    const { gateway } = await gatewayWith({ answer })
    const failed = { code: 'GATEWAY_FAILED' }
    await expect(gateway.map(mapping)).rejects.toMatchObject(failed)
    await expect(gateway.stands(mapping)).rejects.toMatchObject(failed)
    await expect(gateway.externalHost()).rejects.toMatchObject(failed)
  })
})
