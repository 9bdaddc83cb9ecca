import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'

/** The sockets of a name server: datagrams, and streams of messages behind their length (RFC 7766). What is answered is another's affair. */
export interface DnsServer {
  /** Where it listens, by UDP and TCP alike: `127.0.0.1:5353`. */
  readonly address: string
  stop(): Promise<void>
}

export interface DnsServerOptions {
  readonly host: string
  /** 0: any port that is free for both. */
  readonly port: number
  /** `undefined`: no answer, and by TCP the end of the connection. */
  readonly answer: (message: Bytes, from: { readonly host: string; readonly transport: 'udp' | 'tcp' }) => Bytes | undefined
}

const connectionsMax = 256
const connectionsPerHostMax = 8
/** Of one connection: the next message has to be there by then. */
const idleMs = 5000
const lifeMs = 30_000
const messagesMax = 100
/** Of a message by TCP; questions are far shorter. */
const messageBytesMax = 1024
/** Answers that nobody reads. */
const unsentBytesMax = 1 << 18

/** Throws `OperationalError` LISTEN_FAILED. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { host } = options
  const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', ipv6Only: host.includes(':') })
  const tcp = createServer()
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await Promise.all([closed((done) => udp.close(done)), closed((done) => tcp.close(() => done()))])
  }
  const sockets = serveStreams(tcp, options)
  try {
    udp.bind(options.port, host)
    await once(udp, 'listening')
    const { port } = udp.address()
    tcp.listen({ host, port, ipv6Only: true })
    await once(tcp, 'listening')
    serveDatagrams(udp, options)
    return { address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, stop }
  } catch (cause) {
    await stop()
    const { code } = cause as NodeJS.ErrnoException
    throw new OperationalError('LISTEN_FAILED', `The name server cannot listen: ${code}.`, {
      where: `${host}:${options.port}`,
      cause,
      ...(code === 'EACCES' && {
        hint: 'Ports below 1024 need a right: CAP_NET_BIND_SERVICE, or a port above that another server forwards to.',
      }),
    })
  }
}

function serveDatagrams(udp: UdpSocket, { answer }: DnsServerOptions): void {
  udp.on('message', (message: Buffer, from: RemoteInfo) => {
    // Nobody asks from port 0; the answer could not be sent.
    const bytes = from.port === 0 ? undefined : answer(new Uint8Array(message), { host: from.address, transport: 'udp' })
    if (bytes) udp.send(bytes, from.port, from.address, () => undefined)
  })
  // An address that cannot be answered, or a full buffer: the asker asks again.
  udp.on('error', () => undefined)
}

/** Returns the connections there are. */
function serveStreams(tcp: Server, options: DnsServerOptions): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  const perHost = new Map<string, number>()
  tcp.on('error', () => undefined)
  tcp.on('connection', (socket) => {
    const host = socket.remoteAddress ?? ''
    const ofHost = perHost.get(host) ?? 0
    if (sockets.size >= connectionsMax || ofHost >= connectionsPerHostMax) return void socket.destroy()
    sockets.add(socket)
    perHost.set(host, ofHost + 1)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      const left = (perHost.get(host) ?? 1) - 1
      if (left === 0) perHost.delete(host)
      else perHost.set(host, left)
    })
    serveStream(socket, host, options)
  })
  return sockets
}

function serveStream(socket: Socket, host: string, { answer }: DnsServerOptions): void {
  let pending = Buffer.alloc(0)
  let messages = 0
  const end = setTimeout(() => socket.destroy(), lifeMs)
  socket.setTimeout(idleMs, () => socket.destroy())
  socket.on('close', () => clearTimeout(end))
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 2) {
      const length = pending.readUInt16BE(0)
      if (length > messageBytesMax || messages >= messagesMax) return void socket.destroy()
      if (pending.length < 2 + length) return
      messages += 1
      const bytes = answer(new Uint8Array(pending.subarray(2, 2 + length)), { host, transport: 'tcp' })
      pending = pending.subarray(2 + length)
      if (!bytes || socket.writableLength > unsentBytesMax) return void socket.destroy()
      const head = Buffer.alloc(2)
      head.writeUInt16BE(bytes.length)
      socket.write(Buffer.concat([head, bytes]))
    }
  })
}

function closed(close: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    try {
      close(resolve)
    } catch {
      // It was never open.
      resolve()
    }
  })
}
