import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DnsServer, startDnsServer } from './dns-server.ts'

const host = '127.0.0.1'
let server: DnsServer
let port = 0
let heard: string[] = []

/** Says what it hears, with the transport; is silent to what begins with a minus. */
beforeEach(async () => {
  heard = []
  server = await startDnsServer({
    host,
    port: 0,
    answer(message, from) {
      const text = Buffer.from(message).toString()
      heard.push(`${from.transport} ${from.host} ${text}`)
      return text.startsWith('-') ? undefined : new Uint8Array(Buffer.from(`${from.transport} ${text}`))
    },
  })
  port = Number(server.address.split(':')[1])
})
afterEach(() => server.stop())

const framed = (text: string) => Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text)])

async function tcp(): Promise<Socket> {
  const socket = connect({ host, port })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

describe('by UDP', () => {
  it('answers to where the question came from', async () => {
    const socket = createSocket('udp4')
    socket.send('ask', port, host)
    const [answer] = (await once(socket, 'message')) as [Buffer]
    expect(answer.toString()).toBe('udp ask')
    socket.close()
  })

  it('is silent where there is no answer, and goes on', async () => {
    const socket = createSocket('udp4')
    socket.send('-quiet', port, host)
    socket.send('', port, host)
    socket.send('ask', port, host)
    const [first] = (await once(socket, 'message')) as [Buffer]
    const [second] = first.length > 4 ? [first] : ((await once(socket, 'message')) as [Buffer])
    expect(second.toString()).toBe('udp ask')
    socket.close()
  })
})

describe('by TCP', () => {
  it('answers several questions of one connection, however they are cut', async () => {
    const socket = await tcp()
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => received.push(chunk))
    for (const byte of Buffer.concat([framed('one'), framed('two')])) socket.write(Buffer.of(byte))
    while (Buffer.concat(received).length < 18) await once(socket, 'data')
    expect(Buffer.concat(received)).toEqual(Buffer.concat([framed('tcp one'), framed('tcp two')]))
    socket.destroy()
  })

  it.each([
    ['a question that is none', framed('-')],
    ['one that is too long', Buffer.from([0xff, 0xff])],
    ['more than one connection may ask', Buffer.concat(Array(101).fill(framed('x')))],
  ])('ends at %s', async (_what, bytes) => {
    const socket = await tcp()
    socket.resume().write(bytes)
    await once(socket, 'close')
    expect(heard.length).toBeLessThanOrEqual(100)
  })

  it('lets few connections of one host in', async () => {
    const sockets = await Promise.all(Array.from({ length: 12 }, tcp))
    const answered = await Promise.all(
      sockets.map(async (socket) => {
        socket.write(framed('x'))
        return new Promise<number>((resolve) => {
          socket.once('data', () => resolve(1)).once('close', () => resolve(0))
        })
      }),
    )
    expect(answered.reduce<number>((sum, each) => sum + each, 0)).toBe(8)
    for (const socket of sockets) socket.destroy()
  })
})

it('tells when it cannot listen', async () => {
  await expect(startDnsServer({ host, port, answer: () => undefined })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
})

it('stops with connections open', async () => {
  const socket = await tcp()
  const closed = once(socket, 'close')
  await server.stop()
  await closed
  server = await startDnsServer({ host, port: 0, answer: () => undefined })
})
