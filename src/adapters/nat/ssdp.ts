import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Clock } from '../../ports/clock.ts'

export interface SsdpOptions {
  readonly clock: Clock
  /** Where to ask; the multicast group of UPnP unless given. */
  readonly target?: { readonly host: string; readonly port: number }
  readonly waitMs?: number
}

const everybody = { host: '239.255.255.250', port: 1900 }
const wanted = [
  'urn:schemas-upnp-org:device:InternetGatewayDevice:2',
  'urn:schemas-upnp-org:device:InternetGatewayDevice:1',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
]
const locationsMax = 8

/**
 * Asks the network for gateways (SSDP, UPnP Device Architecture 1.3), and returns where those that answered describe themselves. A device
 * that names another host than it answers from is left out: what is sent there must not be of its choosing.
 */
export async function findGateways({ clock, target = everybody, waitMs = 2500 }: SsdpOptions): Promise<readonly URL[]> {
  const socket = createSocket('udp4')
  const locations = new Map<string, URL>()
  const done = Promise.withResolvers<void>()
  socket.on('error', () => done.resolve())
  socket.on('message', (bytes, { address }) => {
    const url = locationOf(bytes.toString('latin1'))
    if (url?.hostname !== address || locations.size >= locationsMax) return
    locations.set(url.href, url)
  })
  socket.bind(0)
  await Promise.race([once(socket, 'listening'), done.promise])
  const ask = () => {
    for (const type of wanted) socket.send(searchFor(type), target.port, target.host, () => undefined)
  }
  ask()
  const again = clock.schedule(waitMs / 2, ask)
  const timer = clock.schedule(waitMs, done.resolve)
  await done.promise
  for (const each of [again, timer]) each.cancel()
  socket.close()
  return [...locations.values()]
}

function searchFor(type: string): string {
  const { host, port } = everybody
  return `M-SEARCH * HTTP/1.1\r\nHOST: ${host}:${port}\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: ${type}\r\n\r\n`
}

function locationOf(answer: string): URL | undefined {
  if (!answer.startsWith('HTTP/1.1 200')) return undefined
  const [, location = ''] = /^location:[ \t]*(\S{1,256})[ \t]*\r?$/im.exec(answer) ?? []
  const url = URL.canParse(location) ? new URL(location) : undefined
  return url?.protocol === 'http:' && url.username === '' ? url : undefined
}
