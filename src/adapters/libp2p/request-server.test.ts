import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, it, vi } from 'vitest'
import { quietHandlers } from '../../../test/network/quiet-handlers.ts'
import { type Network, type NetworkHandlers, responsePartBytesMax } from '../../ports/network.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { frameHeaderBytes, uint32, writeFrameHeader } from './frame.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'
import { answerIdleMs, answersPullingMax, requestsInFlightMax } from './limits.ts'
import { requestKind, requestProtocolName } from './request-kinds.ts'

const running: (Libp2p | Network)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(running.splice(0).map((each) => each.stop()))
})

function frame(kind: number, payload: Bytes, id?: number): Bytes {
  const fields = id === undefined ? { kind, payload } : { kind, payload, id }
  const bytes = new Uint8Array(frameHeaderBytes + 4 + payload.length)
  const start = writeFrameHeader(bytes, 0, fields)
  bytes.set(payload, start)
  return bytes.subarray(0, start + payload.length)
}

/** A peer that sends so many requests in one write, and reads no answer. */
async function askWithoutReading(count: number, onRequest: NetworkHandlers['onRequest']): Promise<void> {
  const victim = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(9),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['noise'],
    chainTag: 'victim',
    limits: { silenceTimeoutMs: 90_000 },
  })
  running.push(victim)
  await victim.start({
    ...quietHandlers,
    onRequest,
  })
  const attacker = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
  })
  running.push(attacker)
  const connection = await attacker.dial(multiaddr(victim.addresses()[0] as string))
  const control = await connection.newStream('/synod/hello/1')
  control.send(frame(1, new Uint8Array(8)))
  control.send(frame(2, new Uint8Array(8)))
  await vi.waitUntil(() => victim.peers().length === 1, { timeout: 5_000 })
  const requests = await connection.newStream(requestProtocolName('block'))
  requests.pause()
  requests.send(concatBytes(...Array.from({ length: count }, (_, id) => frame(requestKind.request, uint32(id), id + 1))))
}

it('pulls a few parts for a peer that reads none, however many it asks for', async () => {
  let pulled = 0
  await askWithoutReading(requestsInFlightMax, async function* () {
    pulled++
    yield new Uint8Array(responsePartBytesMax)
  })
  let before = -1
  await vi.waitUntil(
    () => {
      const isStill = before === pulled
      before = pulled
      return isStill && pulled > 0
    },
    { timeout: 10_000, interval: 200 },
  )
  expect(pulled).toBeLessThanOrEqual(2 * answersPullingMax)
})

it('lets other work have its turn between parts that take long to make', async () => {
  const turns = new Set<number>()
  let turn = 0
  let isOver = false
  const count = () => {
    turn++
    if (!isOver) setImmediate(count)
  }
  count()
  let pulled = 0
  await askWithoutReading(100, async function* () {
    // Between them, the rooms of a node let microtasks pass before they make a part.
    for (let hop = 0; hop < 8; hop++) await Promise.resolve()
    turns.add(turn)
    pulled++
    const until = performance.now() + 3
    while (performance.now() < until);
    yield new Uint8Array(1)
  })
  await vi.waitUntil(() => pulled === 100, { timeout: 10_000 })
  isOver = true
  expect(turns.size).toBeGreaterThanOrEqual(100 / answersPullingMax)
})

it('ends answers of which nothing is taken', async () => {
  const setTimer = globalThis.setTimeout
  const hasten = (callback: () => void, ms?: number) => setTimer(callback, ms === answerIdleMs ? 100 : ms)
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(hasten as typeof setTimeout)
  let begun = 0
  let ended = 0
  await askWithoutReading(8, async function* () {
    begun++
    try {
      for (;;) yield new Uint8Array(responsePartBytesMax)
    } finally {
      ended++
    }
  })
  await vi.waitUntil(() => begun > 0 && ended === begun, { timeout: 10_000 })
})
