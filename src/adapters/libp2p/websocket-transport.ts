/**
 * WebSocket (RFC 6455) as a libp2p transport, plain and over TLS, on node's own HTTP. Our own, since `@libp2p/websockets` neither holds
 * back a sender nor lets go of a connection that is reset, and dials from no chosen address. No extension and no subprotocol is used.
 *
 * The certificate of `wss` serves browsers and proxies. As a dialler we do not verify it: it says nothing about the peer, whose identity
 * and secrecy are those of the TLS or Noise inside, as over TCP.
 */
import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import {
  type ComponentLogger,
  type Connection,
  type CreateListenerOptions,
  type DialTransportOptions,
  type Transport,
  transportSymbol,
} from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { readAddress } from './peer-address.ts'
import { acceptKeyOf, createWebSocketListener, type WebSocketCertificate } from './websocket-listener.ts'
import { WebSocketStream } from './websocket-stream.ts'

interface Components {
  readonly logger: ComponentLogger
}

const headersBytesMax = 8 << 10

export function webSocketTransport(certificate: WebSocketCertificate | undefined): (components: Components) => Transport {
  return ({ logger }) => {
    const only = (addresses: Multiaddr[]) => addresses.filter((address) => isWebSocket(address))
    return {
      [transportSymbol]: true,
      [Symbol.toStringTag]: 'synod-websocket',
      async dial(address: Multiaddr, options: DialTransportOptions & DialFrom): Promise<Connection> {
        const { socket, head } = await upgrade(address, options)
        const log = logger.forComponent('libp2p:websocket')
        const stream = new WebSocketStream({ socket, head, remoteAddr: address, direction: 'outbound', log })
        try {
          return await options.upgrader.upgradeOutbound(stream, options)
        } catch (error) {
          stream.abort(error as Error)
          throw error
        }
      },
      createListener: (options: CreateListenerOptions) => createWebSocketListener(logger, options, certificate),
      listenFilter: only,
      dialFilter: only,
    } as Transport
  }
}

function isWebSocket(address: Multiaddr): boolean {
  const { transport } = readAddress(address)
  return transport === 'ws' || transport === 'wss'
}

interface DialFrom {
  readonly localAddress?: string
  readonly family?: number
}

function upgrade(address: Multiaddr, options: DialTransportOptions & DialFrom): Promise<{ socket: Socket; head: Buffer }> {
  const { host, transport } = readAddress(address)
  const port = Number(address.getComponents().find(({ name }) => name === 'tcp')?.value)
  const key = randomBytes(16).toString('base64')
  const { localAddress, family, signal } = options
  const from = { ...(localAddress !== undefined && { localAddress }), ...(family !== undefined && { family }) }
  return new Promise((resolve, reject) => {
    const request = (transport === 'wss' ? httpsRequest : httpRequest)({
      host,
      port,
      ...from,
      signal,
      agent: false,
      rejectUnauthorized: false,
      maxHeaderSize: headersBytesMax,
      headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '13' },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      response.destroy()
      reject(new Error(`the answer was HTTP ${response.statusCode}, no WebSocket`))
    })
    request.on('upgrade', (response, socket, head) => {
      if (response.headers['sec-websocket-accept'] !== acceptKeyOf(key))
        return void request.destroy(new Error('a wrong WebSocket answer'))
      socket.setNoDelay(true)
      resolve({ socket: socket as Socket, head })
    })
    request.end()
  })
}
