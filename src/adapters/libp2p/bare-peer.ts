/**
 * A libp2p peer without any of Synod's rules: it connects, encrypts, opens whatever stream it is told to, and writes raw bytes. For
 * those who test a node's defence from outside; a node itself never has one.
 */
import type { Connection, Libp2p, Stream, StreamMessageEvent } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { PeerId } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { networkKeyOf } from './network-key.ts'
import { createTls, type TlsComponents } from './tls-encrypter.ts'

export interface BarePeer {
  readonly id: PeerId
  /** How far the latest dial came. */
  readonly dialStage: 'none' | 'answered' | 'encrypted'
  /** Over TCP and TLS, from `localAddress` when the peer has one. Rejects when the connection does not come to be encrypted. */
  dial(address: string, timeoutMs: number): Promise<BareConnection>
  stop(): Promise<void>
}

export interface BareConnection {
  readonly remotePeer: PeerId
  readonly isOpen: boolean
  /** Resolves when it is over, whoever ended it. */
  readonly closed: Promise<void>
  /** Rejects when the other side does not serve the protocol, or any stream. */
  open(protocol: string, timeoutMs: number): Promise<BareStream>
  abort(): void
}

export interface BareStream {
  readonly isOpen: boolean
  /** Bytes that the other side has not made room for. */
  readonly queuedBytes: number
  readonly closed: Promise<void>
  /** Queues without bound: whoever floods looks at `queuedBytes`. */
  write(bytes: Bytes): void
  onBytes(listener: (bytes: Bytes) => void): void
  abort(): void
}

export interface BarePeerOptions {
  /** 32 bytes. */
  readonly privateKeySeed: Bytes
  /** The address of this machine that connections come from; any of 127/8 works for a target on loopback. */
  readonly localAddress?: string | undefined
  /** Streams a connection may have. */
  readonly streamsMax?: number
  /** What the other side says on the streams that it opens itself. */
  readonly onBytes?: (protocol: string, bytes: Bytes) => void
}

export async function createBarePeer(options: BarePeerOptions): Promise<BarePeer> {
  const { localAddress, streamsMax = 64 } = options
  const privateKey = networkKeyOf(options.privateKeySeed)
  // The types name fewer options than net.connect is given.
  const dialOpts = { ...(localAddress !== undefined && { localAddress }) } as object
  const tls = await createTls(privateKey, { requireHybrid: false, onNegotiated: () => undefined })
  let dialStage: BarePeer['dialStage'] = 'none'
  const libp2p = await createLibp2p({
    privateKey,
    addresses: { listen: [] },
    transports: [tcp({ dialOpts })],
    connectionEncrypters: [
      (components: TlsComponents) => {
        const encrypter = tls(components)
        return {
          ...encrypter,
          secureOutbound(raw, secureOptions) {
            // It is called once the other side has answered and agreed on TLS.
            dialStage = 'answered'
            return encrypter.secureOutbound(raw, secureOptions)
          },
        }
      },
    ],
    streamMuxers: [yamux({ enableKeepAlive: false, maxOutboundStreams: streamsMax, maxEarlyStreams: streamsMax })],
    connectionManager: { reconnectRetries: 0, maxConnections: 4096 },
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
  })
  await takeWhatComes(libp2p, options.onBytes)
  return {
    id: libp2p.peerId.toString(),
    get dialStage() {
      return dialStage
    },
    async dial(address, timeoutMs) {
      dialStage = 'none'
      const connection = await libp2p.dial(multiaddr(address), { signal: AbortSignal.timeout(timeoutMs), force: true })
      dialStage = 'encrypted'
      return bareConnection(connection, streamsMax)
    },
    stop: async () => libp2p.stop(),
  }
}

/** A peer of Synod opens streams of its own. */
async function takeWhatComes(libp2p: Libp2p, onBytes: BarePeerOptions['onBytes']): Promise<void> {
  const protocols = ['/synod/votes/1', '/synod/batches/1', '/synod/blocks/1', '/meshsub/1.2.0', '/meshsub/1.1.0']
  for (const protocol of protocols) {
    await libp2p.handle(protocol, (stream) => listen(stream, (bytes) => onBytes?.(protocol, bytes)), { maxInboundStreams: 64 })
  }
}

function bareConnection(connection: Connection, streamsMax: number): BareConnection {
  const closed = new Promise<void>((resolve) => {
    if (connection.status === 'closed') resolve()
    else connection.addEventListener('close', () => resolve(), { once: true })
  })
  return {
    remotePeer: connection.remotePeer.toString(),
    get isOpen() {
      return connection.status === 'open'
    },
    closed,
    async open(protocol, timeoutMs) {
      const signal = AbortSignal.timeout(timeoutMs)
      return bareStream(await connection.newStream(protocol, { signal, maxOutboundStreams: streamsMax }))
    },
    abort: () => connection.abort(new Error('done')),
  }
}

function bareStream(stream: Stream): BareStream {
  const closed = new Promise<void>((resolve) => stream.addEventListener('close', () => resolve(), { once: true }))
  const isOpen = () => stream.status === 'open'
  return {
    get isOpen() {
      return isOpen()
    },
    get queuedBytes() {
      return stream.writeBufferLength
    },
    closed,
    write(bytes) {
      if (isOpen()) stream.send(bytes)
    },
    onBytes: (listener) => listen(stream, listener),
    abort: () => stream.abort(new Error('done')),
  }
}

function listen(stream: Stream, listener: (bytes: Bytes) => void): void {
  stream.addEventListener('message', (event: StreamMessageEvent) => {
    if (event.data instanceof Uint8Array) listener(event.data)
    else for (const chunk of event.data) listener(chunk)
  })
}
