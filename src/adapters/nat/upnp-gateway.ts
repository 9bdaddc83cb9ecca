import { parseIp, placeOf } from '../../peers/network-group.ts'
import type { FoundGateway, Gateway, PortMapping } from '../../ports/gateway.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { httpAsk } from './bounded-http.ts'
import { findGateways, type SsdpOptions } from './ssdp.ts'
import { elementsOf, textOf } from './upnp-xml.ts'

export interface UpnpOptions extends SsdpOptions {
  /** Of one request. */
  readonly timeoutMs?: number
}

/** What forwards ports, in the devices that do: the newest first. */
const serviceTypes = ['WANIPConnection:2', 'WANIPConnection:1', 'WANPPPConnection:1'].map(
  (name) => `urn:schemas-upnp-org:service:${name}`,
)
/** Errors of UPnP that are an answer. */
const code = { noSuchEntry: '714', conflict: '718', onlyPermanent: '725' } as const

interface Service {
  readonly type: string
  readonly control: URL
  readonly internalHost: string
}

/** A gateway that speaks UPnP IGD, version 1 or 2. */
export function createUpnpGateway(options: UpnpOptions): Gateway {
  const timeoutMs = options.timeoutMs ?? 4000
  return {
    async find() {
      const descriptions = await findGateways(options)
      const services = await Promise.all(descriptions.map((url) => serviceOf(url, timeoutMs).catch(() => undefined)))
      const service = services.find((each) => each !== undefined)
      return service && gatewayOf(service, timeoutMs)
    },
  }
}

function gatewayOf(service: Service, timeoutMs: number): FoundGateway {
  const call = (action: string, values: Readonly<Record<string, string | number>> = {}) =>
    callAction(service, action, values, timeoutMs)
  const entry = ({ protocol, externalPort }: PortMapping) => ({
    NewRemoteHost: '',
    NewExternalPort: externalPort,
    NewProtocol: protocol.toUpperCase(),
  })
  const add = (mapping: PortMapping, leaseSeconds: number) =>
    call('AddPortMapping', {
      ...entry(mapping),
      NewInternalPort: mapping.internalPort,
      NewInternalClient: service.internalHost,
      NewEnabled: 1,
      NewPortMappingDescription: 'synod',
      NewLeaseDuration: leaseSeconds,
    })

  return {
    internalHost: service.internalHost,
    async externalHost() {
      const host = textOf((await call('GetExternalIPAddress')).body, 'NewExternalIPAddress') ?? ''
      return parseIp(host)?.some((byte) => byte !== 0) ? placeOf(host).host : undefined
    },
    async map(mapping) {
      const first = await add(mapping, mapping.leaseSeconds)
      if (first.error === undefined) return 'granted'
      if (first.error === code.conflict) return 'taken'
      if (first.error !== code.onlyPermanent) throw refused('AddPortMapping', first.error)
      const second = await add(mapping, 0)
      if (second.error === code.conflict) return 'taken'
      if (second.error !== undefined) throw refused('AddPortMapping', second.error)
      return 'permanent'
    },
    async stands(mapping) {
      const { body, error } = await call('GetSpecificPortMappingEntry', entry(mapping))
      if (error === code.noSuchEntry) return false
      if (error !== undefined) throw refused('GetSpecificPortMappingEntry', error)
      const isOwn = textOf(body, 'NewInternalClient') === service.internalHost
      return isOwn && Number(textOf(body, 'NewInternalPort')) === mapping.internalPort && textOf(body, 'NewEnabled') !== '0'
    },
    async unmap(mapping) {
      const { error } = await call('DeletePortMapping', entry(mapping))
      if (error !== undefined && error !== code.noSuchEntry) throw refused('DeletePortMapping', error)
    },
  }
}

async function serviceOf(description: URL, timeoutMs: number): Promise<Service | undefined> {
  const { status, body, localHost } = await httpAsk(description, { timeoutMs })
  if (status !== 200) return undefined
  const services = elementsOf(body, 'service')
  for (const type of serviceTypes) {
    const service = services.find((each) => textOf(each, 'serviceType') === type)
    const path = service && textOf(service, 'controlURL')
    const control = path !== undefined && URL.canParse(path, description.href) ? new URL(path, description) : undefined
    // Requests go to the device that was found, and to nobody it names.
    if (control?.protocol !== 'http:' || control.hostname !== description.hostname || control.username !== '') continue
    return { type, control, internalHost: placeOf(localHost).host }
  }
  return undefined
}

/** @returns the body, and the UPnP error if the device refused. */
async function callAction(
  { type, control }: Service,
  action: string,
  values: Readonly<Record<string, string | number>>,
  timeoutMs: number,
): Promise<{ readonly body: string; readonly error?: string }> {
  const fields = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`)
  const envelope = 'http://schemas.xmlsoap.org/soap/envelope/'
  const encoding = 'http://schemas.xmlsoap.org/soap/encoding/'
  const { status, body } = await httpAsk(control, {
    method: 'POST',
    timeoutMs,
    headers: { 'Content-Type': 'text/xml; charset="utf-8"', SOAPAction: `"${type}#${action}"` },
    body: `<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="${envelope}" s:encodingStyle="${encoding}"><s:Body><u:${action} xmlns:u="${type}">${fields.join('')}</u:${action}></s:Body></s:Envelope>\r\n`,
  })
  if (status === 200 && elementsOf(body, `${action}Response`).length > 0) return { body }
  // An answer without values may be a single, empty element.
  if (status === 200 && new RegExp(`<(?:[\\w.-]{1,32}:)?${action}Response[^<>]{0,512}/>`).test(body)) return { body }
  const error = textOf(body, 'errorCode')
  if (error === undefined || !/^\d{3}$/.test(error)) throw refused(action, `HTTP ${status}`)
  return { body, error }
}

function refused(action: string, why: string): OperationalError {
  return new OperationalError('GATEWAY_FAILED', `The gateway refused ${action}: ${why}.`)
}
