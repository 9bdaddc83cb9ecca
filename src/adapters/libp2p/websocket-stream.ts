import { randomFillSync } from 'node:crypto'
import type { Socket } from 'node:net'
import type { AbortOptions, Logger, MultiaddrConnection } from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Uint8ArrayList } from 'uint8arraylist'
import { BrokenRule } from './broken-rule.ts'
import { connectionQueuedBytesMax } from './limits.ts'
import { createReplyBudget } from './reply-budget.ts'
import { applyMask, createFrameReader, frameHeaderOf, opcode } from './websocket-frames.ts'

export interface WebSocketStreamInit {
  /** After the HTTP upgrade. */
  readonly socket: Socket
  /** What arrived with the upgrade. */
  readonly head: Buffer
  readonly remoteAddr: Multiaddr
  readonly direction: MultiaddrConnection['direction']
  readonly log: Logger
}

/** A WebSocket as libp2p's raw connection, with the socket's own backpressure in both directions. */
export class WebSocketStream extends AbstractMultiaddrConnection {
  /** The traffic meter reads its counters. */
  readonly socket: Socket

  constructor(init: WebSocketStreamInit) {
    super(init)
    const { socket } = init
    this.socket = socket
    const spend = createReplyBudget('websocket ping flood')
    const read = createFrameReader(init.direction === 'inbound', {
      onData: (bytes) => this.onData(bytes),
      onPing: (payload) => {
        spend()
        if (socket.writableLength > connectionQueuedBytesMax) throw new BrokenRule('websocket pings that are not read')
        this.#write(opcode.pong, payload)
      },
      onClose: () => socket.end(),
    })
    const receive = (chunk: Buffer) => {
      try {
        read(chunk)
      } catch (error) {
        this.abort(error as Error)
      }
    }
    if (init.head.length > 0) receive(init.head)
    socket.on('data', receive)
    socket.on('drain', () => this.safeDispatchEvent('drain'))
    socket.on('error', (error) => this.abort(error))
    socket.on('end', () => socket.end())
    socket.on('close', (hadError) => (hadError ? this.abort(new Error('the socket failed')) : this.onTransportClosed()))
  }

  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean } {
    this.#write(opcode.binary, data.subarray())
    return { sentBytes: data.byteLength, canSendMore: !this.socket.writableNeedDrain }
  }

  /** A client masks what it sends, with fresh randomness, so that no proxy on the way mistakes it for something else. */
  #write(kind: number, payload: Uint8Array): void {
    this.socket.cork()
    if (this.direction === 'outbound') {
      const mask = randomFillSync(new Uint8Array(4))
      const masked = payload.slice()
      applyMask(masked, mask, 0)
      this.socket.write(frameHeaderOf(kind, payload.length, mask))
      this.socket.write(masked)
    } else {
      this.socket.write(frameHeaderOf(kind, payload.length))
      this.socket.write(payload)
    }
    this.socket.uncork()
  }

  async sendClose(options?: AbortOptions): Promise<void> {
    if (this.socket.destroyed) return
    this.#write(opcode.close, new Uint8Array(0))
    this.socket.destroySoon()
    await new Promise<void>((resolve, reject) => {
      this.socket.once('close', () => resolve())
      options?.signal?.addEventListener('abort', () => reject(new Error('closing took too long')), { once: true })
    })
  }

  sendReset(): void {
    this.socket.destroy()
  }

  sendPause(): void {
    this.socket.pause()
  }

  sendResume(): void {
    this.socket.resume()
  }
}
