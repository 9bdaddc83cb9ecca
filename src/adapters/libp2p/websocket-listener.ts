/** Listens for WebSockets on one address. The bare sockets are taken by a server of their own, where the door stands before HTTP and TLS. */
import { createHash } from 'node:crypto'
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import {
  type ComponentLogger,
  type CreateListenerOptions,
  type Listener,
  type ListenerEvents,
  TypedEventEmitter,
} from '@libp2p/interface'
import { getThinWaistAddresses, ipPortToMultiaddr } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { OperationalError } from '../../primitives/operational-error.ts'
import { hostOf } from './host.ts'
import { readAddress } from './peer-address.ts'
import { WebSocketStream } from './websocket-stream.ts'

/** PEM texts. */
export interface WebSocketCertificate {
  readonly cert: string
  readonly key: string
}

const headersBytesMax = 8 << 10

/** RFC 6455, section 1.3 */
export function acceptKeyOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

export function createWebSocketListener(
  logger: ComponentLogger,
  { upgrader }: CreateListenerOptions,
  certificate: WebSocketCertificate | undefined,
): Listener {
  const stopping = new AbortController()
  const sockets = new Set<Socket>()
  const log = logger.forComponent('libp2p:websocket:listener')

  function onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const key = request.headers['sec-websocket-key']
    const { remoteAddress, remotePort } = socket
    if (key === undefined || request.headers['sec-websocket-version'] !== '13' || remoteAddress === undefined) {
      return void socket.destroy()
    }
    const answer = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKeyOf(key)}`,
    ]
    socket.write(`${answer.join('\r\n')}\r\n\r\n`)
    const remoteAddr = ipPortToMultiaddr(hostOf(remoteAddress), remotePort ?? 0).encapsulate('/ws')
    const stream = new WebSocketStream({ socket, head, remoteAddr, direction: 'inbound', log })
    upgrader.upgradeInbound(stream, { signal: stopping.signal }).catch((error: Error) => stream.abort(error))
  }

  function createInner(isSecure: boolean): HttpServer {
    const options = { maxHeaderSize: headersBytesMax, keepAlive: false }
    if (isSecure && certificate === undefined) {
      throw new OperationalError('LISTEN_FAILED', 'wss needs a certificate.', {
        hint: 'Set p2p.wss_certificate and p2p.wss_key to files in PEM form.',
      })
    }
    const inner = isSecure ? createHttpsServer({ ...options, ...certificate }) : createHttpServer(options)
    inner.on('tlsClientError', (_error, socket: Socket) => void socket.destroy())
    inner.on('clientError', (_error, socket) => void socket.destroy())
    inner.on('request', (_request, response) => response.writeHead(426, { Connection: 'close' }).end())
    inner.on('upgrade', onUpgrade)
    return inner
  }

  let inner: HttpServer | undefined
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => void sockets.delete(socket))
    inner?.emit('connection', socket)
  })
  let address: Multiaddr | undefined

  const listener = Object.assign(new TypedEventEmitter<ListenerEvents>(), {
    server,
    async listen(wanted: Multiaddr) {
      const { host, transport } = readAddress(wanted)
      inner = createInner(transport === 'wss')
      const port = Number(wanted.getComponents().find(({ name }) => name === 'tcp')?.value)
      await listening(server, { host, port, ipv6Only: host.includes(':') })
      address = wanted
      listener.safeDispatchEvent('listening')
    },
    getAddrs() {
      if (address === undefined || !server.listening) return []
      const suffix = readAddress(address).transport === 'wss' ? '/tls/ws' : '/ws'
      return getThinWaistAddresses(address, (server.address() as AddressInfo).port).map((one) => one.encapsulate(suffix))
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      stopping.abort(new Error('the node is stopping'))
      for (const socket of sockets) socket.destroy()
      await closed
      listener.safeDispatchEvent('close')
    },
    updateAnnounceAddrs: () => undefined,
  })
  return listener
}

function listening(server: Server, where: { host: string; port: number; ipv6Only: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
