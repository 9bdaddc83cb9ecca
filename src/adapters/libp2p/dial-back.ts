/** Dialling a connected peer once more, to find out whether an address leads to it: one hello is said, and nobody is connected by it. */
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { DialBackOutcome } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { plainHelloFrame, plainHelloProtocol } from './control-frames.ts'
import { messageOf } from './direct-channels.ts'
import type { PeerRegistry } from './peer-registry.ts'

export interface DialBackOptions {
  readonly libp2p: Libp2p
  readonly registry: PeerRegistry
  readonly stopping: AbortSignal
  readonly prepare: (address: Multiaddr) => Promise<void>
}

export async function dialBack(
  { libp2p, registry, stopping, prepare }: DialBackOptions,
  address: string,
  hello: Bytes,
  timeoutMs: number,
): Promise<DialBackOutcome> {
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping])
  const target = multiaddr(address)
  const peer = target.getComponents().findLast(({ name }) => name === 'p2p')?.value
  // Only beside a connection that stands: otherwise this one would be taken for the peer's.
  if (peer === undefined || registry.get(peer) === undefined) return 'unable'
  let connection: Connection | undefined
  try {
    await prepare(target)
    connection = await libp2p.dial(target, { signal, force: true })
    if (connection.remotePeer.toString() !== peer) return 'unreachable'
    if (registry.byConnection(connection) !== undefined) return 'unable'
    const stream = await connection.newStream([plainHelloProtocol], { signal })
    const ended = endOf(stream, connection, signal)
    stream.send(plainHelloFrame(hello))
    await ended
    return 'reached'
  } catch (cause) {
    if (connection !== undefined) return 'unreachable'
    return isOurOwnLack(cause) ? 'unable' : 'unreachable'
  } finally {
    connection?.abort(new Error('an address was tried'))
  }
}

/** The peer ends it once it has read the hello. What it says is not waited for, nor read: its answer was the handshake. */
function endOf(stream: Stream, connection: Connection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => resolve()
    stream.addEventListener('close', settle, { once: true })
    connection.addEventListener('close', settle, { once: true })
    signal.addEventListener('abort', settle, { once: true })
  })
}

/** No route, no such address family, no such transport. */
function isOurOwnLack(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.every(isOurOwnLack)
  const name = cause instanceof Error ? cause.name : ''
  return /ENETUNREACH|EAFNOSUPPORT|EADDRNOTAVAIL|no transport/i.test(messageOf(cause)) || name === 'NoValidAddressesError'
}
