import { type HeaderRange, headerRangeSchema, headersRequestSchema } from '../chain/header-message.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Schema } from '../codec/schema.ts'
import { type Hello, helloSchema } from '../peers/hello.ts'
import type { PeerId, RequestProtocol } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import type { Ports } from './ports.ts'

/** Questions of which the answer is one message: what a peer says of itself, and of one height. */
export interface PeerSurvey {
  /** Nothing when it does not answer. */
  hello(peer: PeerId): Promise<Hello | undefined>
  /** The header of a height with its commit, neither of them checked. */
  header(peer: PeerId, height: number): Promise<HeaderRange | undefined>
}

const timeoutMs = 5000

export function createPeerSurvey(options: {
  ports: Pick<Ports, 'network' | 'telemetry'>
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): PeerSurvey {
  const { network, telemetry } = options.ports

  async function ask<T>(peer: PeerId, protocol: RequestProtocol, request: Bytes, schema: Schema<T>): Promise<T | undefined> {
    try {
      for await (const part of network.request(peer, protocol, request, { timeoutMs })) {
        const decoded = decode(schema, part)
        if (decoded.ok) return decoded.value
        options.onRejection(peer, decoded.error)
        return undefined
      }
    } catch (error) {
      telemetry.log('debug', 'a peer did not say where it stands', { peer, error: String(error) })
    }
    return undefined
  }

  return {
    hello: (peer) => ask(peer, 'status', new Uint8Array(0), helloSchema),
    header: (peer, height) => ask(peer, 'headers', encode(headersRequestSchema, { from: height, count: 1 }), headerRangeSchema),
  }
}
