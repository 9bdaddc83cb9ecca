import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNodeEvents, type NodeEvents } from '../engine/node-events.ts'
import type { SynodNode } from '../engine/synod-node.ts'
import { streamEvents } from './event-stream.ts'

const backlogBytesMax = 1 << 20

let events: NodeEvents
let server: Server
let subscribers: number
let ends: (() => void)[]
let left: number

beforeEach(async () => {
  events = createNodeEvents()
  subscribers = 0
  ends = []
  left = 0
  const subscribe: NodeEvents['subscribe'] = (listener) => {
    const unsubscribe = events.subscribe(listener)
    subscribers++
    return () => {
      subscribers--
      unsubscribe()
    }
  }
  server = createServer(({ headers }, response) => {
    const operator = headers.authorization !== undefined
    ends.push(streamEvents({ subscribe } as unknown as SynodNode, response, { operator, onEnd: () => left++ }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
  await vi.waitFor(() => expect(subscribers).toBe(0))
})

async function subscriber(header = 'x-nobody: 1'): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8')
  socket.on('error', () => undefined)
  socket.write(`GET / HTTP/1.1\r\nhost: localhost\r\n${header}\r\n\r\n`)
  await once(socket, 'data')
  return socket
}

describe('a stream of events', () => {
  it('is server-sent events, each with its type as its name', async () => {
    const socket = await subscriber()
    events.emit({ type: 'round', height: 3, round: 1, step: 'prevote' })
    let text = ''
    socket.on('data', (part: string) => (text += part))
    const written = 'event: round\ndata: {"type":"round","height":3,"round":1,"step":"prevote"}\n\n'
    await vi.waitFor(() => expect(text).toContain(written))
  })

  it('tells of bans and attacks to the operator only', async () => {
    const heard = await Promise.all(
      ['authorization: Bearer token', 'x-nobody: 1'].map(async (header) => {
        const all = { text: '' }
        const socket = await subscriber(header)
        socket.on('data', (part: string) => (all.text += part))
        return all
      }),
    )
    events.emit({ type: 'ban', target: 'peer', reason: 'by the operator', until: 'forever' })
    events.emit({ type: 'attack', kind: 'flood', active: true, refused: 1, sources: 1 })
    events.emit({ type: 'fault', message: 'the last' })
    await vi.waitFor(() => expect(heard.every(({ text }) => text.includes('the last'))).toBe(true))
    expect(heard.map(({ text }) => /event: (ban|attack)/.test(text))).toEqual([true, false])
  })

  it('that nobody reads is cut off with its backlog, and disturbs no other', async () => {
    const reader = await subscriber()
    let heard = 0
    reader.on('data', (text: string) => (heard += text.length))
    const idle = await subscriber()
    idle.pause()
    const message = 'x'.repeat(64 << 10)
    let emitted = 0
    // What the system buffers between the two sockets comes on top of the backlog.
    for (; left === 0 && emitted * message.length < 64 * backlogBytesMax; emitted++) {
      events.emit({ type: 'fault', message })
      await vi.waitFor(() => expect(heard).toBeGreaterThan((emitted + 1) * message.length), { interval: 1 })
    }
    expect({ left, subscribers }).toEqual({ left: 1, subscribers: 1 })
    idle.resume()
    await vi.waitFor(() => expect(idle.destroyed).toBe(true))
    const before = heard
    events.emit({ type: 'fault', message: 'the last' })
    await vi.waitFor(() => expect(heard).toBeGreaterThan(before))
  })

  it('ends once, by whichever side ends it first', async () => {
    const socket = await subscriber()
    let text = ''
    socket.on('data', (part: string) => (text += part))
    ends[0]?.()
    ends[0]?.()
    const lastChunk = '0\r\n\r\n'
    await vi.waitFor(() => expect(text.endsWith(lastChunk)).toBe(true))
    expect({ left, subscribers }).toEqual({ left: 1, subscribers: 0 })

    ;(await subscriber()).destroy()
    await vi.waitFor(() => expect({ left, subscribers }).toEqual({ left: 2, subscribers: 0 }))
  })
})
