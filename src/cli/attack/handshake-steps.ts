/** How far a stranger's connection gets before it turns silent, or talks nonsense. */
import { type BarePeer, createBarePeer } from '../../adapters/libp2p/bare-peer.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { settles } from './pacing.ts'
import { halfClientHello, multistream, rawConnection } from './raw-connection.ts'
import type { Place } from './tally.ts'
import type { Target } from './target.ts'

export interface Stuck {
  /** Where it was stopped, if the node ends it now. */
  place(): Place
  readonly closed: Promise<unknown>
  write(bytes: Uint8Array): void
  end(): Promise<void>
}

/** Resolves to the connection at its step, or to where it was stopped on the way. */
export type Step = (target: Target, localAddress: string | undefined) => Promise<Stuck | Place>

const stepTimeoutMs = 5_000

/** Each says one thing, waits for an answer, and so on; the last thing is said into silence. */
const raw =
  (...sayings: readonly Uint8Array[]): Step =>
  async (target, localAddress) => {
    const connection = rawConnection(target, localAddress)
    for (const [index, saying] of sayings.entries()) {
      connection.write(saying)
      if (index === 0) await settles(connection.met, stepTimeoutMs)
      if (connection.isClosed) return connection.answered ? 'handshake' : 'door'
    }
    return {
      place: () => (connection.answered ? 'handshake' : 'door'),
      closed: connection.closed,
      write: connection.write,
      end: async () => connection.destroy(),
    }
  }

/** Encrypted, and on with it until the hello. */
const encrypted =
  (protocol: string | undefined, saying: Uint8Array): Step =>
  async (target, localAddress) => {
    const peer = await createBarePeer({ privateKeySeed: systemEntropy.bytes(32), localAddress })
    try {
      const connection = await peer.dial(target.address, stepTimeoutMs)
      const stream = protocol === undefined ? undefined : await connection.open(protocol, stepTimeoutMs)
      stream?.write(saying)
      return {
        place: () => 'hello',
        closed: connection.closed,
        // Without a stream there is nothing to write on: the connection opens one to be rude.
        write: (bytes) =>
          void (stream
            ? stream.write(bytes)
            : connection.open('/synod/votes/1', stepTimeoutMs).then((rude) => rude.write(bytes), ignore)),
        end: () => peer.stop(),
      }
    } catch {
      const place = placeOf(peer)
      await peer.stop()
      return place
    }
  }

function placeOf(peer: BarePeer): Place {
  if (peer.dialStage === 'encrypted') return 'hello'
  return peer.dialStage === 'answered' ? 'handshake' : 'door'
}

function ignore(): void {
  // A stream that is not served is what is expected.
}

const halfHello = Uint8Array.of(1, 0, 1, 0, 0x98, 0x20)

export const handshakeSteps: readonly Step[] = [
  raw(),
  raw(multistream('/multistream/1.0.0')),
  raw(multistream('/multistream/1.0.0').subarray(0, 7)),
  raw(multistream('/multistream/1.0.0', '/tls/1.0.0')),
  raw(multistream('/multistream/1.0.0', '/tls/1.0.0'), halfClientHello),
  raw(multistream('/multistream/1.0.0', '/noise')),
  encrypted(undefined, new Uint8Array(0)),
  encrypted('/synod/hello/1', new Uint8Array(0)),
  encrypted('/synod/hello/1', halfHello),
]
