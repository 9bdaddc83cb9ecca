/**
 * Everything a stranger does with a connection, in turn, as long as it is let. Honest strangers are many and not ever new: what a node
 * remembers of them is bounded and fills while it warms up. The others come from ever new addresses, since the old ones are shut out.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createLibp2pNetwork } from '../../src/adapters/libp2p/libp2p-network.ts'
import { batchMessageSchema, batchRequestSchema } from '../../src/chain/batch-message.ts'
import { blockRequestSchema } from '../../src/chain/block-message.ts'
import { decode, encode } from '../../src/codec/codec.ts'
import type { Hash } from '../../src/crypto/hash.ts'
import { type Hello, helloProofSchema, helloSchema } from '../../src/peers/hello.ts'
import { searchSolution, workPuzzle } from '../../src/peers/work-challenge.ts'
import type { NetworkHandlers, RequestProtocol } from '../../src/ports/network.ts'
import type { Bytes } from '../../src/primitives/bytes.ts'
import { quietHandlers } from '../network/quiet-handlers.ts'

export interface ChurnTarget {
  /** Multiaddr over TCP. */
  readonly address: string
  readonly chainTag: string
}

export interface ChurnCounts {
  honest: number
  refused: number
  cut: number
  garbage: number
}

/** Strangers at work at the same time, each with identities of its own. */
const hands = 16
const identitiesPerHand = 8
/** Of honest strangers, each in a subnet of its own. */
const hostsMax = 512

export async function churn(target: ChurnTarget, counts: ChurnCounts, stopping: AbortSignal): Promise<void> {
  const [, , host, , port] = target.address.split('/')
  const knock = () => bareSocket({ host: host as string, port: Number(port), localAddress: freshHost() })
  async function work(): Promise<void> {
    const identities = Array.from({ length: identitiesPerHand }, () => new Uint8Array(randomBytes(32)))
    for (let turn = 0; !stopping.aborted; turn++) {
      if (turn % 3 === 0) await meet(target, counts, identities[(turn / 3) % identities.length] as Bytes)
      else await (turn % 3 === 1 ? cutHandshake(knock, counts) : talkGarbage(knock, counts))
    }
  }
  await Promise.all(Array.from({ length: hands }, work))
}

/** Linux answers on all of 127/8; elsewhere there is one address, and the node is told to let more in from it. */
function freshHost(): string {
  return loopback(randomInt(1, 100), randomInt(256), randomInt(1, 255))
}

function honestHost(): string {
  const number = randomInt(hostsMax)
  return loopback(100 + (number >> 8), number & 255, 1)
}

function loopback(...rest: readonly [number, number, number]): string {
  return process.platform === 'linux' ? `127.${rest.join('.')}` : '127.0.0.1'
}

/** Connects as a peer that the node accepts, talks, asks, and says goodbye. */
async function meet({ address, chainTag }: ChurnTarget, counts: ChurnCounts, identity: Bytes): Promise<void> {
  const peer = await createLibp2pNetwork({
    privateKeySeed: identity,
    listen: [],
    security: [counts.honest % 2 === 0 ? 'tls' : 'noise'],
    dialFrom: honestHost(),
    chainTag,
  })
  await peer.start(honestHandlers(peer.self))
  try {
    // The first of all only learns the node's hello.
    if (heard === undefined) await peer.connect(address, { timeoutMs: 2_000 }).catch(() => undefined)
    const node = await peer.connect(address, { timeoutMs: 10_000 })
    const hashes = [new Uint8Array(randomBytes(32)) as Hash]
    const questions: [RequestProtocol, Bytes][] = [
      ['status', new Uint8Array(0)],
      ['batch', encode(batchRequestSchema, { hashes })],
      ['block', encode(blockRequestSchema, { from: randomInt(1, 9), count: 1 })],
    ]
    if (counts.honest % 4 === 0) peer.send(node, 'batches', encode(batchMessageSchema, { type: 'announce', hashes }))
    for (const [protocol, question] of questions) {
      const ask = async () => {
        for await (const part of peer.request(node, protocol, question, { timeoutMs: 1_000 })) void part
      }
      await ask().catch(() => undefined)
    }
    peer.disconnect(node, 'churned')
    counts.honest += 1
  } catch {
    counts.refused += 1
  } finally {
    await peer.stop()
  }
}

/** What the node said of its chain, the same to all. */
let heard: Hello | undefined

/** Says the node's own hello back to it, without its demands, and does the work that it asks of strangers in times of trouble. */
function honestHandlers(self: string): NetworkHandlers {
  return {
    ...quietHandlers,
    hello: () => (heard === undefined ? new Uint8Array(0) : encode(helloSchema, { ...heard, work: 0, stakeKey: undefined })),
    onHello(_peer, theirs) {
      const decoded = decode(helloSchema, theirs.slice())
      if (decoded.ok) heard = decoded.value
      return { accept: true }
    },
    prove(verifier, hello) {
      const asked = decode(helloSchema, hello)
      if (!asked.ok || asked.value.work === 0) return undefined
      const { chainId, nonce, work } = asked.value
      const solved = solve(workPuzzle({ chainId, verifier, prover: self, nonce }), work)
      return solved.then((counter) => encode(helloProofSchema, { work: counter, stake: undefined, extensions: [] }))
    },
  }
}

const triesAtOnce = 2_048

async function solve(puzzle: Hash, work: number): Promise<bigint> {
  for (let from = 0n; ; from += BigInt(triesAtOnce)) {
    const counter = searchSolution(puzzle, work, from, triesAtOnce)
    if (counter !== undefined) return counter
    await new Promise((resume) => setImmediate(resume))
  }
}

/** The node ends what is not finished well before. */
const patienceMs = 10_000

type Knock = () => Promise<Socket>

async function bareSocket(where: { host: string; port: number; localAddress: string }): Promise<Socket> {
  const socket = connect(where)
  socket.on('error', () => undefined)
  socket.setTimeout(patienceMs, () => socket.destroy())
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined)
  return socket
}

async function cutHandshake(knock: Knock, counts: ChurnCounts): Promise<void> {
  const socket = await knock()
  const protocol = randomInt(2) === 0 ? '\x0b/tls/1.0.0\n' : '\x07/noise\n'
  const hello = Buffer.concat([
    Buffer.from(`\x13/multistream/1.0.0\n${protocol}`),
    Buffer.from([22, 3, 1, 2, 0]),
    randomBytes(60),
  ])
  if (!socket.destroyed) socket.write(hello.subarray(0, randomInt(1, hello.length)))
  if (!socket.closed) await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => undefined)
  socket.resetAndDestroy()
  counts.cut += 1
}

async function talkGarbage(knock: Knock, counts: ChurnCounts): Promise<void> {
  const socket = await knock()
  if (!socket.destroyed) socket.resume().end(randomBytes(randomInt(1, 4_000)))
  if (!socket.closed) await once(socket, 'close').catch(() => undefined)
  counts.garbage += 1
}
