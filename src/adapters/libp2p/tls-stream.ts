/** The two seams of TLS: the duplex under the node:tls socket, made of a libp2p stream, and the libp2p stream made of that socket. */
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { AbortOptions, MessageStream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { AbstractMessageStream } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { negotiatedGroup } from './key-share.ts'

/** A ServerHello with a hybrid key share has about 1.2 kB. */
const tapBytesMax = 4 << 10

export interface TappedDuplex {
  readonly duplex: Duplex
  /** The group named by the ServerHello that passed. */
  group(): string | undefined
}

export function createTappedDuplex(raw: MessageStream, isServer: boolean): TappedDuplex {
  let group: string | undefined
  let tapped: Bytes = new Uint8Array(0)
  const tap = (chunk: Bytes) => {
    if (group !== undefined || tapped.length > tapBytesMax) return
    tapped = concatBytes(tapped, chunk)
    group = negotiatedGroup(tapped)
  }

  function send(data: Bytes | Uint8ArrayList, done: (error?: Error | null) => void): void {
    try {
      if (raw.send(data)) return done()
    } catch (error) {
      return done(error as Error)
    }
    const settle = (event: Event) => {
      raw.removeEventListener('drain', settle)
      raw.removeEventListener('close', settle)
      done(event.type === 'drain' ? null : new Error('the connection closed'))
    }
    raw.addEventListener('drain', settle)
    raw.addEventListener('close', settle)
  }

  raw.pause() // Until the duplex is read from.
  const duplex = new Duplex({
    write(chunk: Buffer, _encoding, done) {
      if (isServer) tap(chunk)
      send(chunk, done)
    },
    writev(chunks: { chunk: Buffer }[], done) {
      if (isServer) for (const { chunk } of chunks) tap(chunk)
      send(new Uint8ArrayList(...chunks.map(({ chunk }) => chunk)), done)
    },
    read() {
      if (raw.status === 'open') raw.resume()
    },
    final(done) {
      raw.close().then(
        () => done(),
        (error: Error) => done(error),
      )
    },
  })
  raw.addEventListener('message', (event: StreamMessageEvent) => {
    let wantsMore = true
    for (const chunk of event.data instanceof Uint8Array ? [event.data] : event.data) {
      if (!isServer) tap(chunk)
      wantsMore = duplex.push(chunk)
    }
    if (!wantsMore && raw.status === 'open') raw.pause()
  })
  raw.addEventListener('close', (event: StreamCloseEvent) => void duplex.destroy(event.error))
  return { duplex, group: () => group }
}

export class TlsMessageStream extends AbstractMessageStream {
  readonly #raw: MessageStream
  readonly #socket: TLSSocket

  constructor(raw: MessageStream, socket: TLSSocket) {
    super({
      log: raw.log,
      inactivityTimeout: raw.inactivityTimeout,
      maxReadBufferLength: raw.maxReadBufferLength,
      direction: raw.direction,
    })
    this.#raw = raw
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.onData(chunk))
    socket.on('error', (error) => raw.abort(error))
    socket.on('close', () => void raw.close().catch((error: Error) => raw.abort(error)))
    socket.on('drain', () => this.safeDispatchEvent('drain'))
    raw.addEventListener('close', (event: StreamCloseEvent) => {
      socket.destroy()
      if (event.error === undefined) this.onTransportClosed()
      else if (event.local === true) this.abort(event.error)
      else this.onRemoteReset()
    })
  }

  async close(options?: AbortOptions): Promise<void> {
    if (this.#socket.closed) return
    const closed = new Promise<void>((resolve, reject) => {
      this.#socket.once('close', () => resolve())
      options?.signal?.addEventListener('abort', () => reject(new Error('closing took too long')), { once: true })
    })
    this.#socket.destroySoon()
    await closed
  }

  /** Corked, so that the pieces of one write share TLS records and a system call. */
  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean } {
    this.#socket.cork()
    for (const chunk of data) this.#socket.write(chunk)
    this.#socket.uncork()
    return { sentBytes: data.byteLength, canSendMore: !this.#socket.writableNeedDrain }
  }

  sendReset(error: Error): void {
    this.#socket.destroy()
    this.#raw.abort(error)
  }

  sendPause(): void {
    this.#socket.pause()
  }

  sendResume(): void {
    this.#socket.resume()
  }
}
