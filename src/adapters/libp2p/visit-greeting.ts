/** The greeting of a visit, from the visitor's side: docs/spec/network.md, "Hello". What comes later on the control stream too. */
import type { Connection, Stream } from '@libp2p/interface'
import type { ChainId } from '../../chain/identifiers.ts'
import { decode, encode } from '../../codec/codec.ts'
import {
  checkHello,
  checkWorkAsked,
  type Hello,
  helloProofSchema,
  helloSchema,
  protocolVersions,
  visitCapability,
} from '../../peers/hello.ts'
import { searchSolution, workPuzzle } from '../../peers/work-challenge.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { controlBytesMax, kind, plainHelloProtocol, textOf } from './control-frames.ts'
import { drop, readFrames, sendFrame } from './frame-exchange.ts'

export interface GreetingOptions {
  readonly chainId: ChainId
  readonly agent: string
  /** The visitor's own id. */
  readonly self: string
  readonly signal: AbortSignal
}

export interface ControlLine {
  /** So many bytes of answers have been taken. */
  acknowledge(total: number): void
}

const triesAtOnce = 4096

/** Resolves once both sides have accepted. Throws DIAL_FAILED. */
export async function greet(connection: Connection, options: GreetingOptions): Promise<ControlLine> {
  const stream = await connection.newStream(plainHelloProtocol, { signal: options.signal })
  const accepted = Promise.withResolvers<void>()
  const fail = (why: string): void => {
    accepted.reject(new OperationalError('DIAL_FAILED', `The peer does not take this visit: ${why}.`))
    drop(connection, why)
  }
  const onEnd = (): void => fail('the connection is over')
  connection.addEventListener('close', onEnd, { once: true })
  options.signal.addEventListener('abort', onEnd, { once: true })
  readFrames(stream, {
    bytesMaxOf: (received) => controlBytesMax.get(received),
    onViolation: fail,
    onFrame({ kind: received, payload }) {
      if (received === kind.hello)
        answer(stream, connection, payload.slice(), options).catch((error: Error) => fail(error.message))
      else if (received === kind.accept) accepted.resolve()
      else if (received === kind.ping) sendFrame(stream, { kind: kind.pong, payload: payload.slice() })
      else if (received === kind.duplicate) fail('it has another connection')
      else if (received === kind.refuse || received === kind.goodbye) fail(textOf(payload))
    },
  })
  try {
    await accepted.promise
  } finally {
    options.signal.removeEventListener('abort', onEnd)
  }
  return {
    acknowledge(total) {
      const payload = new Uint8Array(4)
      new DataView(payload.buffer).setUint32(0, total >>> 0)
      if (stream.status === 'open') sendFrame(stream, { kind: kind.acknowledge, payload })
    },
  }
}

/** The host speaks first: who visits runs no application, and repeats the genesis state of whom it asks. */
async function answer(stream: Stream, connection: Connection, bytes: Bytes, options: GreetingOptions): Promise<void> {
  const decoded = decode(helloSchema, bytes)
  if (!decoded.ok) throw new Error(decoded.error.code)
  const heard = decoded.value
  const checked = checkHello(heard, { chainId: options.chainId, genesisRoot: heard.genesisRoot })
  const fit = checked.ok ? checkWorkAsked(heard.work, 'outbound') : checked
  if (!fit.ok) throw new Error([fit.error.code, fit.error.detail].join(': '))
  sendFrame(stream, { kind: kind.hello, payload: encode(helloSchema, helloOf(heard, options)) })
  if (heard.work > 0) {
    const verifier = connection.remotePeer.toString()
    const puzzle = workPuzzle({ chainId: options.chainId, verifier, prover: options.self, nonce: heard.nonce })
    const work = await solve(puzzle, heard.work, options.signal)
    sendFrame(stream, { kind: kind.proof, payload: encode(helloProofSchema, { work, stake: undefined, extensions: [] }) })
  }
  const order = new Uint8Array(8)
  new DataView(order.buffer).setBigUint64(0, BigInt(Date.now()))
  sendFrame(stream, { kind: kind.accept, payload: order })
}

/** A little at a time, so that a page stays alive meanwhile. */
async function solve(puzzle: Parameters<typeof searchSolution>[0], work: number, signal: AbortSignal): Promise<bigint> {
  for (let counter = 0n; ; counter += BigInt(triesAtOnce)) {
    signal.throwIfAborted()
    const found = searchSolution(puzzle, work, counter, triesAtOnce)
    if (found !== undefined) return found
    await new Promise((resume) => setTimeout(resume, 0))
  }
}

function helloOf({ genesisRoot }: Hello, { chainId, agent }: GreetingOptions): Hello {
  return {
    chainId,
    genesisRoot,
    protocolMin: protocolVersions.min,
    protocolMax: protocolVersions.max,
    capabilities: [visitCapability],
    height: 0,
    listenAddresses: [],
    agent,
    nonce: crypto.getRandomValues(new Uint8Array(32)),
    work: 0,
    grantsStake: false,
    stakeKey: undefined,
    extensions: [],
  }
}
