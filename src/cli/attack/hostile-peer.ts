/**
 * A peer that is let in as any honest one would be: it takes what it has to know of the chain from the node's own hello. What it does
 * afterwards is the attack's affair.
 */
import { type BareConnection, type BarePeer, type BareStream, createBarePeer } from '../../adapters/libp2p/bare-peer.ts'
import { createFrameReader } from '../../adapters/libp2p/frame.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { decode, encode } from '../../codec/codec.ts'
import type { Hash } from '../../crypto/hash.ts'
import { type Hello, helloProofSchema, helloSchema } from '../../peers/hello.ts'
import { searchSolution, workPuzzle } from '../../peers/work-challenge.ts'
import type { PeerId } from '../../ports/network.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { frameOf } from './frame-of.ts'
import type { Place } from './tally.ts'
import type { Target } from './target.ts'

export interface HostilePeer {
  readonly bare: BarePeer
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

const kind = { hello: 1, accept: 2, refuse: 3, duplicate: 4, ping: 5, pong: 6, goodbye: 8, proof: 9 } as const
const greetTimeoutMs = 8_000
/** How it introduces itself: a victim's operator is to know at a glance who it is. */
const attackerAgent = 'synod-attack'
/** A stranger gives a tenth of a second of its processor for a connection, and no more. */
const workDoneMax = 1 << 16
const triesAtOnce = 2048

export async function createHostilePeer(options: {
  privateKeySeed: Bytes
  localAddress: string | undefined
  streamsMax?: number
  onBytes?: (protocol: string, bytes: Bytes) => void
}): Promise<HostilePeer> {
  const bare = await createBarePeer(options)
  return {
    bare,
    async greet(target) {
      let connection: BareConnection
      try {
        connection = await bare.dial(target.address, greetTimeoutMs)
      } catch (error) {
        return { place: bare.dialStage === 'answered' ? 'handshake' : 'door', reason: `no connection: ${messageOf(error)}` }
      }
      try {
        const control = await connection.open('/synod/hello/1', greetTimeoutMs)
        const greeted = await converse(bare.id, connection, control)
        if ('place' in greeted) connection.abort()
        return greeted
      } catch (error) {
        connection.abort()
        return { place: 'hello', reason: `no hello: ${messageOf(error)}` }
      }
    },
  }
}

/** Says hello as soon as it knows the node's, and accepts whatever it is. Control frames go on being heard after that. */
function converse(self: PeerId, connection: BareConnection, control: BareStream): Promise<Session | Refusal> {
  const { promise, resolve } = Promise.withResolvers<Session | Refusal>()
  const reader = createFrameReader(() => 1 << 16)
  let hello: Hello | undefined
  const ended = Promise.withResolvers<void>()
  let listener: (kind: number) => void = () => undefined

  function listenTo(listen: (kind: number) => void): void {
    listener = listen
  }

  function onFrame(frame: { readonly kind: number; readonly payload: Bytes }): void {
    listener(frame.kind)
    if (frame.kind === kind.hello) {
      const decoded = decode(helloSchema, frame.payload.slice())
      if (!decoded.ok) return resolve({ place: 'hello', reason: `its hello is not understood: ${decoded.error.detail}` })
      hello = decoded.value
      void answerTo(hello, self, connection.remotePeer).then((answer) => {
        if (answer === undefined) resolve({ place: 'hello', reason: `it asks for work: ${hello?.work} hashes` })
        else control.write(answer)
      })
    } else if (frame.kind === kind.accept && hello)
      resolve({ connection, control, hello, ended: ended.promise, onFrame: listenTo })
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

/** Hello, the proof of work that is asked for, and acceptance; `undefined` when it asks for more than is worth it. */
async function answerTo(theirs: Hello, self: PeerId, verifier: PeerId): Promise<Bytes | undefined> {
  const { chainId, work, nonce } = theirs
  if (work > workDoneMax) return undefined
  const hello: Hello = {
    ...theirs,
    listenAddresses: [],
    capabilities: ['block-sync'],
    agent: attackerAgent,
    nonce: systemEntropy.bytes(32),
    work: 0,
    grantsStake: false,
    stakeKey: undefined,
    extensions: [],
  }
  const said = [frameOf(kind.hello, encode(helloSchema, hello))]
  if (work > 0) {
    const counter = await solve(workPuzzle({ chainId, verifier, prover: self, nonce }), work)
    said.push(frameOf(kind.proof, encode(helloProofSchema, { work: counter, stake: undefined, extensions: [] })))
  }
  return concatBytes(...said, frameOf(kind.accept, new Uint8Array(8)))
}

async function solve(puzzle: Hash, work: number): Promise<bigint> {
  for (let from = 0n; ; from += BigInt(triesAtOnce)) {
    const counter = searchSolution(puzzle, work, from, triesAtOnce)
    if (counter !== undefined) return counter
    await new Promise((resume) => setImmediate(resume))
  }
}

/** Whether a refusal says that the node knows this peer, and has done with it. */
export function saysBanned({ reason }: Refusal): boolean {
  return /HELLO_(UNWELCOME|BANNED)/.test(reason)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
