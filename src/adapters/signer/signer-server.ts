import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { decode, encode } from '../../codec/codec.ts'
import { type SignerAnswer, type SignerRequest, signerAnswerSchema, signerRequestSchema } from '../../engine/signer-message.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { createSignerFrames, signerFrame } from './signer-frames.ts'
import { provedPeer, type SignerIdentity, signerTls } from './signer-tls.ts'

/** Serves nodes that prove one of the peer ids allowed, and nobody else. */
export interface SignerServer {
  readonly port: number
  stop(): Promise<void>
}

export interface SignerServerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly identity: SignerIdentity
  /** Peer ids. */
  readonly allowed: readonly string[]
  /** Answers the requests of one connection, one after the other. */
  readonly session: () => (request: SignerRequest) => Promise<SignerAnswer>
  readonly telemetry: Pick<Telemetry, 'log'>
  /** What the machine failed at. Nothing may be signed any more. */
  readonly onFailure: (error: unknown) => void
}

const connectionsMax = 32
const handshakeMs = 5_000
/** A node speaks every two seconds. */
const silenceMs = 15_000

export async function startSignerServer(options: SignerServerOptions): Promise<SignerServer> {
  const { host, port, identity, telemetry } = options
  const sockets = new Set<TLSSocket>()
  const server = createServer({ ...signerTls(identity), requestCert: true, handshakeTimeout: handshakeMs })
  server.maxConnections = connectionsMax
  server.on('tlsClientError', (error, socket) => {
    telemetry.log('debug', 'a connection to the signer failed', { host: socket.remoteAddress, error: error.message })
    socket.destroy()
  })
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', (error) => telemetry.log('debug', 'a connection to the signer broke', { error: error.message }))
    socket.setTimeout(silenceMs, () => socket.destroy())
    serve(socket, options).catch(options.onFailure)
  })
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    throw new OperationalError('SIGNER_LISTEN_FAILED', (cause as Error).message, { where: `${host}:${port}`, cause })
  }
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

async function serve(socket: TLSSocket, options: SignerServerOptions): Promise<void> {
  const { identity, allowed, telemetry } = options
  const host = socket.remoteAddress
  const peer = await provedPeer(socket, identity)
  const say = (answer: SignerAnswer): void =>
    void (socket.destroyed || socket.write(signerFrame(encode(signerAnswerSchema, answer))))
  function part(code: string): void {
    telemetry.log('warn', 'a connection to the signer is refused', { host, peer, code })
    say({ type: 'refusal', code })
    socket.end()
  }
  if (peer === undefined || !allowed.includes(peer)) return part('SIGNER_PEER_UNKNOWN')
  telemetry.log('info', 'a node is connected', { host, peer })
  const answerTo = options.session()
  const framesOf = createSignerFrames()
  for await (const chunk of chunksOf(socket)) {
    const frames = framesOf(chunk)
    if (!frames) return part('SIGNER_MALFORMED')
    for (const frame of frames) {
      const request = decode(signerRequestSchema, frame)
      if (!request.ok) return part('SIGNER_MALFORMED')
      const answer = await answerTo(request.value)
      if (answer.type === 'refusal')
        telemetry.log('warn', 'a request is refused', { peer, code: answer.code, asked: request.value.type })
      say(answer)
    }
  }
  telemetry.log('info', 'a node is gone', { host, peer })
}

/** What arrives until the connection ends, however it does. */
async function* chunksOf(socket: TLSSocket): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of socket) yield chunk as Uint8Array
  } catch {
    // Broken off: its own handler has told so.
  }
}
