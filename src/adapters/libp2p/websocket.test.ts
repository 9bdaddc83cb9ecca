import { randomBytes } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { createLibp2p, type Libp2p } from 'libp2p'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { quietHandlers } from '../../../test/network/quiet-handlers.ts'
import type { Network } from '../../ports/network.ts'
import { type Bytes, bytesEqual, concatBytes } from '../../primitives/bytes.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'
import { applyMask, createFrameReader, frameHeaderOf, opcode } from './websocket-frames.ts'

let node: Network | undefined
let other: Libp2p
let events: string[]

/** Where nobody is to be cut off, a busy machine may take its time. */
async function start(handshakeTimeoutMs = 10_000): Promise<void> {
  const made = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(9),
    listen: ['/ip4/127.0.0.1/tcp/0/ws'],
    security: ['noise'],
    chainTag: 'websocket',
    limits: { handshakeTimeoutMs },
  })
  node = made
  const mine = events
  await made.start({
    ...quietHandlers,
    onStranger: (_connection, fault) => void mine.push(fault),
    onInboundEnded: () => void mine.push('ended'),
    onConnected: () => void mine.push('connected'),
  })
}

beforeEach(async () => {
  events = []
  other = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
  })
})

afterEach(async () => {
  await Promise.all([node?.stop(), other.stop()])
})

const eventually = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 5_000, interval: 2 })

describe('the library’s own WebSockets', () => {
  it('dial ours', async () => {
    await start()
    const connection = await other.dial(multiaddr(node?.addresses()[0] as string))
    const control = await connection.newStream('/synod/hello/1')
    control.send(Uint8Array.of(1, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0))
    control.send(Uint8Array.of(2, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0))
    await eventually(() => events.includes('connected'))
  })

  it('are dialled by ours, as far as they speak Synod', async () => {
    await start()
    const dial = node?.connect((other.getMultiaddrs()[0] as { toString(): string }).toString())
    await expect(dial).rejects.toMatchObject({ message: expect.stringContaining('does not speak Synod') })
  })
})

describe('a stranger at the door of WebSockets', () => {
  function knock(): Socket {
    const socket = connectTcp(Number(node?.addresses()[0]?.split('/')[4]), '127.0.0.1')
    socket.on('error', () => undefined)
    return socket
  }
  const upgrade =
    'GET / HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`

  it.each([
    ['says nothing', [], 'slow handshake'],
    ['stops in the middle of HTTP', ['GET / HTTP/1.1\r\nHost: no'], 'slow handshake'],
    ['stops after the upgrade', [upgrade], 'slow handshake'],
    ['sends an endless header', [`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`], 'cut handshake'],
    ['wants a web page', ['GET / HTTP/1.1\r\nHost: node\r\n\r\n'], 'cut handshake'],
    ['talks garbage', [randomBytes(500).fill(0xff, 0, 9)], 'cut handshake'],
    ['does not mask', [upgrade, concatBytes(frameHeaderOf(opcode.binary, 3), Uint8Array.of(1, 2, 3))], 'broken handshake'],
    [
      'pings without end',
      [upgrade, concatBytes(...Array<Bytes>(400).fill(frameHeaderOf(opcode.ping, 0, new Uint8Array(4))))],
      'broken handshake',
    ],
    ['sends a text', [upgrade, Uint8Array.of(0x81, 0x80, 0, 0, 0, 0)], 'broken handshake'],
  ])('that %s is cut off, and named', async (_name, parts, fault) => {
    await start(fault === 'slow handshake' ? 300 : undefined)
    const socket = knock().resume()
    for (const part of parts) socket.write(part)
    await eventually(() => events.includes('ended') && socket.destroyed)
    expect(events).toEqual([fault, 'ended'])
  })
})

describe('frames', () => {
  function read(bytes: Bytes, cuts: readonly number[], masked: boolean): { data: Bytes; pings: number; closes: number } {
    const parts: Bytes[] = []
    const seen = { pings: 0, closes: 0 }
    const push = createFrameReader(masked, {
      onData: (part) => void parts.push(part.slice()),
      onPing: () => void seen.pings++,
      onClose: () => void seen.closes++,
    })
    let at = 0
    for (const cut of [...cuts].sort((a, b) => a - b)) {
      if (cut > at) push(bytes.slice(at, cut))
      at = Math.max(at, cut)
    }
    push(bytes.slice(at))
    return { data: concatBytes(...parts), ...seen }
  }

  it('come out as they went in, wherever the wire cuts them', () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(125, 126, 65_535, 65_536).map((n) => new Uint8Array(n).fill(n)),
    )
    fc.assert(
      fc.property(
        fc.array(payload, { maxLength: 5 }),
        fc.boolean(),
        fc.array(fc.nat(2_000), { maxLength: 8 }),
        (payloads, masked, cuts) => {
          const frames = payloads.flatMap((bytes) => {
            const mask = masked ? Uint8Array.of(1, 20, 255, 7) : undefined
            const sent = bytes.slice()
            if (mask) applyMask(sent, mask, 0)
            const ping = frameHeaderOf(opcode.ping, 0, mask)
            return [frameHeaderOf(opcode.binary, bytes.length, mask), sent, ping]
          })
          const wire = concatBytes(...frames)
          const { data, pings } = read(
            wire,
            cuts.map((cut) => Math.min(cut, wire.length)),
            masked,
          )
          expect(bytesEqual(data, concatBytes(...payloads))).toBe(true)
          expect(pings).toBe(payloads.length)
        },
      ),
    )
  })

  it.each([
    ['an extension', Uint8Array.of(0xc2, 0)],
    ['an unknown kind', Uint8Array.of(0x83, 0)],
    ['a ping in pieces', Uint8Array.of(0x09, 0)],
    ['a ping that is too long', Uint8Array.of(0x89, 126)],
    ['a mask where none belongs', Uint8Array.of(0x82, 0x80)],
    ['a length beyond all', Uint8Array.of(0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255)],
  ])('with %s are refused', (_name, bytes) => {
    expect(() => read(bytes, [], false)).toThrow('WebSocket')
  })
})
