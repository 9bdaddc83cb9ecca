/**
 * A peer that is let in as any honest one would be: it takes what it has to know of the chain from the node's own hello. What it does
 * afterwards is the attack's affair.
 */
import { type BareConnection, type BarePeer, type BareStream, createBarePeer } from '../../adapters/libp2p/bare-peer.ts'
import { createFrameReader } from '../../adapters/libp2p/frame.ts'
import { decode, encode } from '../../codec/codec.ts'
import { type Hello, helloSchema } from '../../peers/hello.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { frameOf } from './frame-of.ts'
import type { Place } from './tally.ts'
import type { Target } from './target.ts'

export interface HostilePeer {
  readonly bare: BarePeer
  /** What it said and showed to be let in the last time, frame by frame. */
  readonly said: readonly Bytes[]
  greet(target: Target): Promise<Session | Refusal>
}

/** A connection on which both hellos were accepted. */
export interface Session {
  readonly connection: BareConnection
  readonly control: BareStream
  /** The node's own. */
  readonly hello: Hello
  /** Resolves when the node says goodbye, or the connection just ends: nothing is heard after that. */
  readonly ended: Promise<void>
  /** Hears the kinds of control frames that follow; one listener. */
  onFrame(listener: (kind: number) => void): void
}

export interface Refusal {
  readonly place: Place
  readonly reason: string
}

const kind = { hello: 1, accept: 2, refuse: 3, duplicate: 4, ping: 5, pong: 6, goodbye: 8 } as const
const greetTimeoutMs = 8_000
/** What it does not repeat of the node's hello: it asks for nothing, and speaks for nobody's stake. */
const disguise = {
  listenAddresses: [],
  capabilities: ['block-sync'],
  agent: 'synod-attack',
  work: 0,
  grantsStake: false,
  stakeKey: undefined,
} satisfies Partial<Hello>

export async function createHostilePeer(options: {
  privateKeySeed: Bytes
  localAddress: string | undefined
  streamsMax?: number
  onBytes?: (protocol: string, bytes: Bytes) => void
}): Promise<HostilePeer> {
  const bare = await createBarePeer(options)
  let said: readonly Bytes[] = []
  return {
    bare,
    get said() {
      return said
    },
    async greet(target) {
      let connection: BareConnection
      try {
        connection = await bare.dial(target.address, greetTimeoutMs)
      } catch (error) {
        return { place: bare.dialStage === 'answered' ? 'handshake' : 'door', reason: `no connection: ${messageOf(error)}` }
      }
      try {
        const control = await connection.open('/synod/hello/1', greetTimeoutMs)
        const greeted = await converse(connection, control)
        if ('hello' in greeted) said = greeted.said
        else connection.abort()
        return greeted
      } catch (error) {
        connection.abort()
        return { place: 'hello', reason: `no hello: ${messageOf(error)}` }
      }
    },
  }
}

/** Says hello as soon as it knows the node's, and accepts whatever it is. */
function converse(connection: BareConnection, control: BareStream): Promise<(Session & { said: readonly Bytes[] }) | Refusal> {
  const { promise, resolve } = Promise.withResolvers<(Session & { said: readonly Bytes[] }) | Refusal>()
  const reader = createFrameReader(() => 1 << 16)
  const said: Bytes[] = []
  let hello: Hello | undefined
  const ended = Promise.withResolvers<void>()
  let listener: (kind: number) => void = () => undefined

  function listenTo(listen: (kind: number) => void): void {
    listener = listen
  }

  function say(bytes: Bytes): void {
    said.push(bytes)
    control.write(bytes)
  }

  function onFrame(frame: { readonly kind: number; readonly payload: Bytes }): void {
    listener(frame.kind)
    if (frame.kind === kind.hello) {
      const decoded = decode(helloSchema, frame.payload.slice())
      if (!decoded.ok) return resolve({ place: 'hello', reason: `its hello is not understood: ${decoded.error.detail}` })
      hello = decoded.value
      say(frameOf(kind.hello, encode(helloSchema, { ...hello, ...disguise })))
      say(frameOf(kind.accept, new Uint8Array(8)))
    } else if (frame.kind === kind.accept && hello)
      resolve({ connection, control, hello, said, ended: ended.promise, onFrame: listenTo })
    else if (frame.kind === kind.refuse || frame.kind === kind.goodbye) {
      ended.resolve()
      resolve({ place: 'hello', reason: new TextDecoder().decode(frame.payload) })
    } else if (frame.kind === kind.duplicate) resolve({ place: 'hello', reason: 'a duplicate' })
    else if (frame.kind === kind.ping) control.write(frameOf(kind.pong, frame.payload))
  }

  control.onBytes((bytes) => {
    reader.push(bytes)
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) onFrame(frame)
  })
  connection.closed.then(() => {
    ended.resolve()
    resolve({ place: 'hello', reason: 'the connection was closed without a word' })
  })
  setTimeout(() => resolve({ place: 'hello', reason: 'no verdict in time' }), greetTimeoutMs).unref()
  return promise
}

/** Whether a refusal says that the node knows this peer, and has done with it. */
export function saysBanned({ reason }: Refusal): boolean {
  return /HELLO_(UNWELCOME|BANNED)/.test(reason)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
