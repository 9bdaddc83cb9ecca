/**
 * The limit that the network is compared with: plain node:tls sockets with the same group, carrying the same messages behind a length
 * of four bytes, gathered into writes of the same size, awaiting drain, and split again on arrival. No identity, no muxer, no channels.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import type { Bytes } from '../../primitives/bytes.ts'

const writeBytes = 128 << 10
const headerBytes = 4
/** A message of this length asks for an answer. */
const probeBytes = 64

export interface RawTlsServer {
  readonly port: number
  close(): void
}

export function rawTlsContext(certificate: { readonly cert: string; readonly key: string }): SecureContext {
  return createSecureContext({ ...certificate, minVersion: 'TLSv1.3', ecdhCurve: 'X25519MLKEM768' })
}

/** Counts messages, and answers each probe with itself. */
export async function startRawTlsServer(secureContext: SecureContext, onMessage: (bytes: number) => void): Promise<RawTlsServer> {
  const server: Server = createServer((tcp) => {
    tcp.setNoDelay(true)
    const socket = new TLSSocket(tcp, { isServer: true, secureContext })
    socket.on('error', () => socket.destroy())
    readMessages(socket, (message) => {
      onMessage(message.length)
      if (message.length === probeBytes) socket.write(framed(message))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() }
}

export async function connectRawTls(secureContext: SecureContext, port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, secureContext, rejectUnauthorized: false })
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  return socket
}

export async function sendRaw(socket: TLSSocket, message: Bytes, count: number): Promise<void> {
  const frame = framed(message)
  const perWrite = Math.max(1, Math.floor(writeBytes / frame.length))
  for (let sent = 0; sent < count; ) {
    const gathered = Buffer.allocUnsafeSlow(Math.min(perWrite, count - sent) * frame.length)
    for (let offset = 0; offset < gathered.length; offset += frame.length) gathered.set(frame, offset)
    sent += gathered.length / frame.length
    if (!socket.write(gathered)) await once(socket, 'drain')
  }
}

export async function probeRaw(socket: TLSSocket): Promise<void> {
  const answered = Promise.withResolvers<void>()
  const stop = readMessages(socket, () => answered.resolve())
  socket.write(framed(new Uint8Array(probeBytes)))
  await answered.promise
  stop()
}

function framed(message: Bytes): Buffer {
  const frame = Buffer.alloc(headerBytes + message.length)
  frame.writeUInt32BE(message.length)
  frame.set(message, headerBytes)
  return frame
}

function readMessages(socket: TLSSocket, onMessage: (message: Bytes) => void): () => void {
  let rest: Buffer[] = []
  let restBytes = 0
  let wanted = headerBytes
  const onData = (chunk: Buffer) => {
    rest.push(chunk)
    restBytes += chunk.length
    if (restBytes < wanted) return
    const bytes = rest.length === 1 ? chunk : Buffer.concat(rest)
    let offset = 0
    wanted = headerBytes
    while (bytes.length - offset >= headerBytes) {
      wanted = headerBytes + bytes.readUInt32BE(offset)
      if (bytes.length - offset < wanted) break
      onMessage(bytes.subarray(offset + headerBytes, offset + wanted))
      offset += wanted
      wanted = headerBytes
    }
    rest = offset === bytes.length ? [] : [bytes.subarray(offset)]
    restBytes = bytes.length - offset
  }
  socket.on('data', onData)
  return () => void socket.off('data', onData)
}
