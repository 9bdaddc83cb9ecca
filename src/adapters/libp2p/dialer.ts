/** Dialling: from an address to a peer whose hello is accepted, whichever of several connections to it is kept in the end. */
import type { Connection, Libp2p } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '../../ports/network.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { anotherPeerAnswers } from './another-peer.ts'
import { messageOf } from './direct-channels.ts'
import { dialTimeoutMs } from './limits.ts'
import { isCircuit } from './peer-address.ts'
import { isRelayed, type PeerRegistry } from './peer-registry.ts'

export interface Dialer {
  connect(address: string, timeoutMs?: number): Promise<PeerId>
  /** Greets on a connection that was dialled in another way, and resolves once some connection to the peer is accepted. */
  greet(connection: Connection, signal: AbortSignal): Promise<PeerId>
  /** A link to the peer was established. */
  onEstablished(peer: PeerId): void
}

export interface DialerOptions {
  readonly libp2p: Libp2p
  readonly registry: PeerRegistry
  readonly stopping: AbortSignal
  /** Makes ready what the address is dialled with. */
  readonly prepare: (address: Multiaddr) => Promise<void>
}

export function createDialer({ libp2p, registry, stopping, prepare }: DialerOptions): Dialer {
  /** Dials under way, by address: whoever asks for the same one waits for it. */
  const dialling = new Map<string, Promise<PeerId>>()
  /** Dials whose own connection was superfluous, waiting for the one that is kept. */
  const waiting = new Map<PeerId, Set<() => void>>()

  async function dial(address: string, signal: AbortSignal): Promise<PeerId> {
    const target = multiaddr(address)
    const named = target.getComponents().findLast((component) => component.name === 'p2p')?.value
    const current = named === undefined ? undefined : registry.get(named)
    if (named !== undefined && current !== undefined && !(isRelayed(current) && !isCircuit(target))) return named
    await prepare(target)
    // Forced, or libp2p would hand out a connection over which goodbye has just been said.
    const connection = await libp2p.dial(target, { signal, force: true })
    const peer = connection.remotePeer.toString()
    // Encrypted transports have checked this in their handshake; memory has none.
    if (named !== undefined && named !== peer) throw refused(connection, `${anotherPeerAnswers}: ${peer}`)
    return greet(connection, signal)
  }

  async function greet(connection: Connection, signal: AbortSignal): Promise<PeerId> {
    const peer = connection.remotePeer.toString()
    const link = registry.byConnection(connection)
    if (link === undefined) connection.abort(new Error('already connected'))
    link?.greet()
    const outcome = await link?.greeted
    if (outcome?.kind === 'failed') throw new Error(outcome.reason)
    // One that was accepted and has ended meanwhile has told its end: nothing is left to wait for.
    if (outcome?.kind !== 'accepted' && registry.get(peer) === undefined) await established(peer, signal)
    return peer
  }

  function established(peer: PeerId, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => {
        signal.removeEventListener('abort', giveUp)
        const others = waiting.get(peer)
        others?.delete(resume)
        if (others?.size === 0) waiting.delete(peer)
        then()
      }
      const resume = () => settle(resolve)
      const giveUp = () => settle(() => reject(new Error('no connection to the peer was established')))
      signal.addEventListener('abort', giveUp)
      waiting.set(peer, (waiting.get(peer) ?? new Set()).add(resume))
    })
  }

  return {
    greet,
    connect(address, timeoutMs = dialTimeoutMs) {
      const current = dialling.get(address)
      if (current !== undefined) return current
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping])
      const attempt = dial(address, signal)
        .catch((cause: unknown) => {
          throw dialFailure(address, cause, timeoutMs, signal)
        })
        .finally(() => dialling.delete(address))
      dialling.set(address, attempt)
      return attempt
    },
    onEstablished(peer) {
      for (const resume of [...(waiting.get(peer) ?? [])]) resume()
    },
  }
}

function refused(connection: Connection, reason: string): Error {
  const error = new Error(reason)
  connection.abort(error)
  return error
}

function dialFailure(address: string, cause: unknown, timeoutMs: number, signal: AbortSignal): OperationalError {
  const isTimeout = signal.aborted && (signal.reason as Error | undefined)?.name === 'TimeoutError'
  const reason = isTimeout ? `no connection within ${timeoutMs} ms` : messageOf(cause)
  const because = isAnotherPeer(cause) ? { cause, anotherPeer: true } : cause
  return new OperationalError('DIAL_FAILED', `Cannot connect to ${address}: ${reason}`, { where: address, cause: because })
}

/** Encrypters tell it each in their own way, libp2p perhaps of several attempts. */
function isAnotherPeer(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.some(isAnotherPeer)
  return cause instanceof Error && (cause.name === 'UnexpectedPeerError' || cause.message.startsWith(anotherPeerAnswers))
}
