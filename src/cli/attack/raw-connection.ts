import { connect } from 'node:net'
import { concatBytes, utf8 } from '../../primitives/bytes.ts'
import type { Target } from './target.ts'

/** A TCP connection, and whether the node has said anything on it. */
export interface RawConnection {
  readonly answered: boolean
  readonly isClosed: boolean
  /** Resolves with the first bytes of the node, or when it ends the connection. */
  readonly met: Promise<void>
  readonly closed: Promise<void>
  write(bytes: Uint8Array): void
  destroy(): void
}

export function rawConnection(target: Target, localAddress: string | undefined): RawConnection {
  const socket = connect({ host: target.host, port: target.port, ...(localAddress !== undefined && { localAddress }) })
  const met = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  let answered = false
  let isClosed = false
  socket.setNoDelay(true)
  // However a connection ends, its end says it all.
  socket.on('error', () => undefined)
  socket.on('data', () => {
    answered = true
    met.resolve()
  })
  socket.on('close', () => {
    isClosed = true
    met.resolve()
    closed.resolve()
  })
  return {
    get answered() {
      return answered
    },
    get isClosed() {
      return isClosed
    },
    met: met.promise,
    closed: closed.promise,
    write: (bytes) => void socket.write(bytes),
    destroy: () => void socket.destroy(),
  }
}

/** What libp2p says first, by multistream-select: for each protocol a length, the text, the end of a line. */
export function multistream(...protocols: readonly string[]): Uint8Array {
  return concatBytes(...protocols.map((name) => concatBytes(Uint8Array.of(name.length + 1), utf8(`${name}\n`))))
}

/** The record of a ClientHello that promises more than comes. */
export const halfClientHello = Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03)
