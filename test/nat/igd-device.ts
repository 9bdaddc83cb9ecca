/** A gateway that speaks UPnP on loopback, and whatever a test wants wrong with it. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface IgdFaults {
  readonly external?: string
  /** What it says instead of an answer to an action: a status and a body. */
  readonly answer?: (action: string) => readonly [number, string] | undefined
  readonly controlUrl?: string
  readonly location?: (port: number) => string
  readonly description?: string
  readonly permanentOnly?: boolean
  readonly taken?: ReadonlySet<number>
}

export interface IgdDevice {
  readonly ssdp: { readonly host: string; readonly port: number }
  /** By external port and protocol: where it leads, and for how long. */
  readonly mappings: Map<string, { client: string; port: number; lease: number }>
  readonly asked: string[]
  close(): void
}

const fault = (code: number) =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>${code}</errorCode><errorDescription>no</errorDescription></UPnPError></detail></s:Fault></s:Body></s:Envelope>`
const said = (action: string, body = '') =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:${action}Response xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:1">${body}</u:${action}Response></s:Body></s:Envelope>`

export async function startIgdDevice(faults: IgdFaults = {}): Promise<IgdDevice> {
  const mappings: IgdDevice['mappings'] = new Map()
  const asked: string[] = []
  const { external = '8.8.4.4', controlUrl = '/ctl', permanentOnly = false, taken = new Set() } = faults
  const description =
    faults.description ??
    `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceList><device><serviceList><service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/l3</controlURL></service><service>
<serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>${controlUrl}</controlURL></service></serviceList></device></deviceList></device></root>`

  function perform(action: string, value: (name: string) => string): readonly [number, string] {
    const key = `${value('NewExternalPort')} ${value('NewProtocol')}`
    const held = mappings.get(key)
    if (action === 'GetExternalIPAddress') return [200, said(action, `<NewExternalIPAddress>${external}</NewExternalIPAddress>`)]
    if (action === 'AddPortMapping') {
      if (taken.has(Number(value('NewExternalPort')))) return [500, fault(718)]
      if (permanentOnly && value('NewLeaseDuration') !== '0') return [500, fault(725)]
      mappings.set(key, {
        client: value('NewInternalClient'),
        port: Number(value('NewInternalPort')),
        lease: Number(value('NewLeaseDuration')),
      })
      return [200, said(action)]
    }
    if (!held) return [500, fault(714)]
    if (action === 'DeletePortMapping') {
      mappings.delete(key)
      return [200, said(action)]
    }
    return [
      200,
      said(
        action,
        `<NewInternalPort>${held.port}</NewInternalPort><NewInternalClient>${held.client}</NewInternalClient><NewEnabled>1</NewEnabled>`,
      ),
    ]
  }

  const http = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      if (request.method === 'GET') return void response.end(description)
      const action = /#(\w+)"/.exec(String(request.headers['soapaction']))?.[1] ?? ''
      asked.push(action)
      const value = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(body)?.[1] ?? ''
      const [status, answer] = faults.answer?.(action) ?? perform(action, value)
      return void response.writeHead(status, { 'content-type': 'text/xml' }).end(answer)
    })
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const ssdp = createSocket('udp4').bind(0, '127.0.0.1')
  await once(ssdp, 'listening')
  ssdp.on('message', (_, from) => {
    const location = faults.location?.(port) ?? `http://127.0.0.1:${port}/desc.xml`
    ssdp.send(`HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: x\r\nLOCATION: ${location}\r\n\r\n`, from.port, from.address)
  })
  return {
    ssdp: { host: '127.0.0.1', port: ssdp.address().port },
    mappings,
    asked,
    close() {
      ssdp.close()
      http.closeAllConnections()
      http.close()
    },
  }
}
