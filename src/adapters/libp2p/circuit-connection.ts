import type { AbortOptions, Logger, MultiaddrConnection, Stream } from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Uint8ArrayList } from 'uint8arraylist'

/** A stream to a relay, as the raw connection to whoever is at its other end, with the stream's own backpressure. */
export class CircuitConnection extends AbstractMultiaddrConnection {
  readonly #stream: Stream

  constructor(stream: Stream, at: { remoteAddr: Multiaddr; direction: MultiaddrConnection['direction']; log: Logger }) {
    super(at)
    this.#stream = stream
    stream.addEventListener('message', ({ data }) => this.onData(data))
    stream.addEventListener('drain', () => this.safeDispatchEvent('drain'))
    // Neither side of a connection says anything once the other has gone.
    stream.addEventListener('remoteCloseWrite', () => stream.abort(new Error('the relayed connection was closed')))
    stream.addEventListener('close', ({ error }) => {
      if (error) this.abort(error)
      else this.onTransportClosed()
    })
  }

  sendData(data: Uint8ArrayList): { sentBytes: number; canSendMore: boolean } {
    return { sentBytes: data.byteLength, canSendMore: this.#stream.send(data) }
  }

  async sendClose(options?: AbortOptions): Promise<void> {
    await this.#stream.close(options)
  }

  sendReset(): void {
    this.#stream.abort(new Error('the relayed connection was cut'))
  }

  sendPause(): void {
    if (this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  sendResume(): void {
    if (this.#stream.readStatus === 'paused') this.#stream.resume()
  }
}
