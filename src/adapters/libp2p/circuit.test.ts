import type { Stream } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { RelayLimits } from '../../peers/relay-book.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { type CircuitClientOptions, createCircuitClient } from './circuit-client.ts'
import { createCircuitExchange } from './circuit-exchange.ts'
import { type CircuitMessage, circuitStatus, decodeCircuitMessage, encodeCircuitMessage, hop, stop } from './circuit-messages.ts'
import { createCircuitServer } from './circuit-server.ts'
import { multihashOf, peerIdOf, peerOfMultihash } from './peer-id.ts'
import type { PeerLink } from './peer-link.ts'

const limits: RelayLimits = {
  reservations: 2,
  reservationsPerHost: 2,
  circuits: 2,
  circuitsPerPeer: 2,
  bytesPerSecond: 1 << 20,
  reservationMs: 3_600_000,
  circuitMs: 3_600_000,
}
const [alice, bob, relay] = (await Promise.all([1, 2, 3].map((index) => peerIdOf(new Uint8Array(32).fill(index))))) as [
  string,
  string,
  string,
]

/** A link whose peer answers each stream that is opened to it in its own way. */
function linkTo(peer: string, answer: (stream: Stream) => void = () => undefined, relayed = false): PeerLink {
  const connection = {
    status: 'open',
    async newStream() {
      const [near, far] = await streamPair()
      answer(far)
      return near
    },
  }
  return { peer, connection, info: () => ({ host: '10.0.0.1', relayed }) } as unknown as PeerLink
}

const patience = () => AbortSignal.timeout(5_000)
const write = (stream: Stream, bytes: Bytes) => void stream.send(Uint8Array.of(bytes.length, ...bytes))

describe('a circuit message', () => {
  it('that is read is what was written, and nothing else does harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const dialect of [hop, stop]) decodeCircuitMessage(dialect, bytes)
      }),
    )
    const said: CircuitMessage = { type: 'status', status: 100, expire: 1_900_000_000 }
    expect(decodeCircuitMessage(hop, encodeCircuitMessage(hop, said))).toEqual(said)
    expect(peerOfMultihash(multihashOf(alice))).toBe(alice)
    expect(peerOfMultihash(new Uint8Array(38))).toBeUndefined()
  })
})

describe('a relay', () => {
  async function ask(server: ReturnType<typeof createCircuitServer>, from: PeerLink, request: CircuitMessage | Bytes) {
    const [near, far] = await streamPair()
    const served = server.onHop(far, from).catch(() => undefined)
    if (request instanceof Uint8Array) write(near, request)
    const exchange = createCircuitExchange(near, hop, patience())
    if (!(request instanceof Uint8Array)) await exchange.write(request)
    const answer = await exchange.read()
    return { status: answer?.status, served, near }
  }

  it('answers garbage, and whom it does not serve, with the reason', async () => {
    const server = createCircuitServer(() => undefined)
    const reserve: CircuitMessage = { type: 'reserve' }
    expect((await ask(server, linkTo(bob), reserve)).status).toBe(circuitStatus.permissionDenied)
    server.serve(limits)
    const cases: [PeerLink, CircuitMessage | Bytes, number][] = [
      [linkTo(bob), Uint8Array.of(255, 255, 255), circuitStatus.malformedMessage],
      [linkTo(bob), { type: 'status', status: 100 }, circuitStatus.unexpectedMessage],
      [linkTo(bob), { type: 'connect', peer: new Uint8Array(50) }, circuitStatus.unexpectedMessage],
      [linkTo(bob), { type: 'connect', peer: multihashOf(alice) }, circuitStatus.noReservation],
      [linkTo(bob, undefined, true), reserve, circuitStatus.permissionDenied],
    ]
    for (const [from, request, status] of cases) expect((await ask(server, from, request)).status).toBe(status)
    expect(server.usage()).toEqual({ reservations: 0, circuits: 0, bytes: 0 })
  })

  it('keeps one reservation for each peer, and room for so many', async () => {
    const server = createCircuitServer(() => undefined)
    server.serve(limits)
    for (let count = 0; count < 100; count++) expect((await ask(server, linkTo(bob), { type: 'reserve' })).status).toBe(100)
    expect((await ask(server, linkTo(alice), { type: 'reserve' })).status).toBe(100)
    expect((await ask(server, linkTo(relay), { type: 'reserve' })).status).toBe(circuitStatus.reservationRefused)
    expect(server.usage().reservations).toBe(2)
    server.left(bob)
    expect((await ask(server, linkTo(relay), { type: 'reserve' })).status).toBe(100)
  })

  it.each<[string, (stream: Stream) => void]>([
    ['does not want it', (stream) => write(stream, encodeCircuitMessage(stop, { type: 'status', status: 202 }))],
    ['answers with garbage', (stream) => write(stream, Uint8Array.of(1, 2, 3))],
    ['hangs up', (stream) => stream.abort(new Error('no'))],
  ])('gives the place back when the other %s', async (_what, answer) => {
    const target = linkTo(bob, answer)
    const server = createCircuitServer((peer) => (peer === bob ? target : undefined))
    server.serve(limits)
    await ask(server, target, { type: 'reserve' })
    for (let count = 0; count < 4; count++) {
      const request: CircuitMessage = { type: 'connect', peer: multihashOf(bob) }
      expect((await ask(server, linkTo(alice), request)).status).toBe(circuitStatus.connectionFailed)
    }
    expect(server.usage().circuits).toBe(0)
  })
})

describe('a node that asks relays', () => {
  function clientOf(link: PeerLink) {
    const logger = { forComponent: () => () => undefined }
    return createCircuitClient({ self: bob, logger, directLink: () => link } as unknown as CircuitClientOptions)
  }
  const granting = (expire: number) => (stream: Stream) =>
    write(stream, encodeCircuitMessage(hop, { type: 'status', status: 100, expire }))
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds

  it.each<[string, (stream: Stream) => void]>([
    ['refuses', (stream) => write(stream, encodeCircuitMessage(hop, { type: 'status', status: 200 }))],
    ['answers with garbage', (stream) => write(stream, Uint8Array.of(9, 9, 9))],
    ['answers with a question', (stream) => write(stream, encodeCircuitMessage(hop, { type: 'reserve' }))],
    ['promises what is over', granting(inSeconds(-10))],
    ['promises nothing', (stream) => write(stream, encodeCircuitMessage(hop, { type: 'status', status: 100 }))],
    ['hangs up', (stream) => stream.abort(new Error('no'))],
  ])('announces none that %s', async (_what, answer) => {
    const client = clientOf(linkTo(relay, answer))
    await expect(client.reserve(relay, ['/ip4/10.0.0.1/tcp/1'])).rejects.toMatchObject({ code: 'RELAY_REFUSED' })
    expect(client.addresses()).toEqual([])
  })

  it('believes a promise for a day, and as long as the connection lasts', async () => {
    const link = linkTo(relay, granting(inSeconds(1_000_000_000)))
    const client = clientOf(link)
    expect(await client.reserve(relay, ['/ip4/10.0.0.1/tcp/1'])).toEqual({ forMs: 24 * 60 * 60_000 })
    expect(client.addresses()).toEqual([`/ip4/10.0.0.1/tcp/1/p2p/${relay}/p2p-circuit/p2p/${bob}`])
    Object.assign(link.connection, { status: 'closed' })
    expect(client.addresses()).toEqual([])
  })

  it('takes nobody in from a relay that it did not ask', async () => {
    const link = linkTo(relay)
    const [near, far] = await streamPair()
    const exchange = createCircuitExchange(near, stop, patience())
    void clientOf(link).onStop(far, link)
    await exchange.write({ type: 'connect', peer: multihashOf(alice) })
    expect((await exchange.read())?.status).toBe(circuitStatus.permissionDenied)
    await vi.waitUntil(() => far.status !== 'open' || far.writeStatus !== 'writable', { timeout: 5_000 })
  })
})
