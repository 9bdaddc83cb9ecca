/**
 * What a peer does that was let in and sends what it should not, without end: when it is put out it comes back, with the same name and
 * from the same address, and everything it would have sent meanwhile counts as attempted.
 */
import type { BareStream } from '../../adapters/libp2p/bare-peer.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { type AttackContext, attackerAddress } from './attack.ts'
import { createHostilePeer, type HostilePeer, type Refusal, type Session, saysBanned } from './hostile-peer.ts'
import { everyTick, pause, settles } from './pacing.ts'
import type { Place } from './tally.ts'

export interface Weapon {
  /** The stream that everything goes over. */
  readonly protocol: string
  /** Each attempt by itself breaks the rules of the connection: a node that ends it has taken in none of them. */
  readonly fatal?: boolean
  /** Called for each connection, and then for each attempt: its bytes on the wire, or none while there is nothing to send yet. */
  load(session: Session): (index: number) => Bytes
  /** What the node says on streams of its own. */
  onBytes?(protocol: string, bytes: Bytes): void
}

/** More than this under way means that the node has stopped reading. */
const queuedBytesMax = 256 << 10
const openTimeoutMs = 5_000
const returnAfterMs = 250
/** A connection that was refused at the door this often in a row, after the peer had been let in before, is one of a banned host. */
const doorsShutMax = 3

/** Runs the weapon with as many identities as the context has connections, each from an address of its own. */
export async function hammer(context: AttackContext, weapon: Weapon, subnet: number): Promise<void> {
  const identities = Math.max(1, context.connections)
  const share = { ...context, rate: context.rate / identities }
  await Promise.all(
    Array.from({ length: identities }, (_, index) => hammerAs(share, weapon, attackerAddress(context.target, subnet + index, 9))),
  )
}

interface Armed {
  readonly stream: BareStream
  readonly next: (index: number) => Bytes
  /** Attempts on this connection, and those of them whose bytes the node has not made room for. */
  sent: number
  waiting: number
}

async function hammerAs(context: AttackContext, weapon: Weapon, localAddress: string | undefined): Promise<void> {
  const { tally } = context
  const peer = await createHostilePeer({
    privateKeySeed: systemEntropy.bytes(32),
    localAddress,
    onBytes: (protocol, bytes) => weapon.onBytes?.(protocol, bytes),
  })
  let armed: Armed | undefined
  let stoppedAt: Place = 'handshake'
  let index = 0

  function attempt(due: number): void {
    const stream = armed?.stream
    if (armed === undefined || !stream?.isOpen) return tally.refuse(stoppedAt, due)
    if (stream.queuedBytes > queuedBytesMax) return tally.refuse('dropped', due)
    const { next } = armed
    const messages = Array.from({ length: due }, () => next(index++)).filter((message) => message.length > 0)
    if (messages.length === 0) return
    stream.write(concatBytes(...messages))
    tally.accept(messages.length)
    armed.sent += messages.length
    armed.waiting = stream.queuedBytes > 0 ? armed.waiting + messages.length : 0
  }

  const coming = comeAndCome(context, peer, weapon, {
    onArmed(stream, next) {
      armed = { stream, next, sent: 0, waiting: 0 }
    },
    onStopped(place) {
      // What was still waiting here when the connection ended was never taken in.
      if (armed) tally.moved('disconnected', weapon.fatal && !context.signal.aborted ? armed.sent : armed.waiting)
      armed = undefined
      stoppedAt = place
    },
  })
  await Promise.race([coming.first, pause(openTimeoutMs)])
  await everyTick(context, attempt)
  if (armed) tally.moved('dropped', (armed as Armed).waiting)
  await settles(coming.over, 2 * openTimeoutMs)
  await peer.bare.stop()
}

interface Comings {
  onArmed(stream: BareStream, next: (index: number) => Bytes): void
  onStopped(place: Place): void
}

/** Is let in, stays until it is put out, and comes back, until the signal. */
function comeAndCome(
  { target, signal, tally }: AttackContext,
  peer: HostilePeer,
  weapon: Weapon,
  { onArmed, onStopped }: Comings,
): { readonly first: Promise<void>; readonly over: Promise<void> } {
  const first = Promise.withResolvers<void>()
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  let wasIn = false
  let doorsShut = 0

  function onRefused(refusal: Refusal): void {
    tally.reason(refusal.reason)
    doorsShut = refusal.place === 'door' ? doorsShut + 1 : 0
    const isBanned = wasIn && (saysBanned(refusal) || doorsShut >= doorsShutMax)
    if (isBanned) tally.banned()
    onStopped(isBanned ? 'banned' : refusal.place)
  }

  async function visit(session: Session): Promise<void> {
    try {
      const stream = await session.connection.open(weapon.protocol, openTimeoutMs)
      onArmed(stream, weapon.load(session))
      first.resolve()
      await Promise.race([session.ended, stream.closed, aborted])
    } catch (error) {
      tally.reason(error instanceof Error ? error.message : String(error))
    }
    session.connection.abort()
    onStopped('disconnected')
  }

  async function come(): Promise<void> {
    while (!signal.aborted) {
      const greeted = await peer.greet(target)
      if ('place' in greeted) onRefused(greeted)
      else {
        wasIn = true
        doorsShut = 0
        await visit(greeted)
      }
      first.resolve()
      await Promise.race([pause(returnAfterMs), aborted])
    }
  }

  return { first: first.promise, over: come() }
}
