import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, beforeEach, expect } from 'vitest'
import { frameHeaderBytes, writeFrameHeader } from '../../src/adapters/libp2p/frame.ts'
import { createLibp2pNetwork } from '../../src/adapters/libp2p/libp2p-network.ts'
import type { Network } from '../../src/ports/network.ts'
import type { Bytes } from '../../src/primitives/bytes.ts'
import { quietHandlers } from './quiet-handlers.ts'

/** A peer that speaks libp2p well and Synod badly, a victim, and what the victim noticed: made anew for each test of a file. */
interface Scene {
  readonly attacker: Libp2p
  readonly victim: Network
  readonly misbehaviour: string[]
  readonly disconnected: string[]
  received: number
  gossiped: number
}
export const scene = {} as Scene

beforeEach(async () => {
  const victim = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(9),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['noise'],
    chainTag: 'victim',
    // Long enough for an honest hello on a busy machine.
    limits: { helloTimeoutMs: 1_000 },
  })
  await victim.start({
    ...quietHandlers,
    onHello: (_peer, hello) => (hello[0] === provesFirst ? { proofWithinMs: 300 } : { accept: true }),
    onProof: (_peer, proof) => (proof[0] === 1 ? { accept: true } : { accept: false, reason: 'no proof' }),
    onDisconnected: (_peer, reason) => void scene.disconnected.push(reason),
    onMessage: () => {
      scene.received += 1
    },
    onGossip() {
      scene.gossiped += 1
      return 'accept'
    },
    async *onRequest(_peer, _protocol, message) {
      yield message
    },
    onMisbehaviour: (_peer, what) => void scene.misbehaviour.push(what),
  })
  const attacker = await createLibp2p({
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
  })
  Object.assign(scene, { attacker, victim, misbehaviour: [], disconnected: [], received: 0, gossiped: 0 })
})

afterEach(async () => {
  await Promise.all([scene.attacker.stop(), scene.victim.stop()])
})

export const dial = () => scene.attacker.dial(multiaddr(scene.victim.addresses()[0] as string))

export function frame(kind: number, payload: Bytes, id?: number): Bytes {
  const fields = id === undefined ? { kind, payload } : { kind, payload, id }
  const bytes = new Uint8Array(frameHeaderBytes + 4 + payload.length)
  const start = writeFrameHeader(bytes, 0, fields)
  bytes.set(payload, start)
  return bytes.subarray(0, start + payload.length)
}

/** Only the header: of a frame that is never sent. */
export const announced = (kind: number, length: number) =>
  Uint8Array.of(kind, length >>> 16, (length >>> 8) & 0xff, length & 0xff)

export const hello = frame(1, new Uint8Array(8))
export const accept = frame(2, new Uint8Array(8))
/** The first byte of a hello whose sender is asked for a proof. */
const provesFirst = 7
export const provingHello = frame(1, Uint8Array.of(provesFirst))
export const proof = frame(9, Uint8Array.of(1))

export async function greet(): Promise<{ connection: Connection; control: Stream }> {
  const connection = await dial()
  const control = await connection.newStream('/synod/hello/1')
  control.send(hello)
  control.send(accept)
  await eventually(() => scene.victim.peers().length === 1)
  return { connection, control }
}

export async function eventually(condition: () => boolean, patienceMs = 15_000): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!condition()) {
    if (performance.now() > deadline) expect.fail(`it never happened: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export async function send(connection: Connection, protocol: string, ...parts: Bytes[]): Promise<void> {
  const stream = await connection.newStream(protocol)
  for (const part of parts) if (stream.status === 'open') stream.send(part)
}

/** The scene.victim is as it was: it greets, and serves, whoever comes next. */
export async function expectUnharmed(): Promise<void> {
  for (const connection of scene.attacker.getConnections()) connection.abort(new Error('done'))
  await eventually(() => scene.victim.peers().length === 0)
  const { connection } = await greet()
  const before = scene.received
  await send(connection, '/synod/votes/1', frame(0, new Uint8Array(3)))
  await eventually(() => scene.received === before + 1)
}
