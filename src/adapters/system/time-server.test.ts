import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { askTimeServer } from './time-server.ts'

let server: Socket | undefined
afterEach(() => server?.close())

/** A time server whose clock is ahead of ours by so much, and what it does to its answers. */
async function serve(aheadMs: number, change: (answer: Buffer) => void = () => undefined): Promise<string> {
  const socket = createSocket('udp4')
  server = socket
  socket.on('message', (request, { port, address }) => {
    const answer = Buffer.alloc(48)
    answer[0] = 0b00_100_100
    answer[1] = 2
    request.copy(answer, 24, 40, 48)
    const time = Date.now() + aheadMs
    for (const offset of [32, 40]) {
      answer.writeUInt32BE(Math.floor(time / 1000) + 2_208_988_800, offset)
      answer.writeUInt32BE(Math.floor(((time % 1000) / 1000) * 2 ** 32), offset + 4)
    }
    change(answer)
    socket.send(answer, port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return `127.0.0.1:${socket.address().port}`
}

test.each([0, 5000, -86_400_000])('a server that is ahead by %d ms', async (aheadMs) => {
  const { aheadMs: found, roundTripMs } = await askTimeServer(await serve(aheadMs), { timeoutMs: 5000 })
  expect(Math.abs(found + aheadMs)).toBeLessThan(500)
  expect(roundTripMs).toBeGreaterThanOrEqual(0)
})

test.each<[string, (answer: Buffer) => void, RegExp]>([
  ['answers another question', (answer) => answer.fill(0, 24, 32), /not that of a time server/],
  ['is a client', (answer) => answer.fill(0b00_100_011, 0, 1), /not that of a time server/],
  ['says it is not synchronised', (answer) => answer.fill(0b11_100_100, 0, 1), /not set/],
  ['sends a kiss of death', (answer) => answer.fill(0, 1, 2), /not set/],
])('a server that %s is not believed', async (_what, change, message) => {
  await expect(askTimeServer(await serve(0, change), { timeoutMs: 5000 })).rejects.toThrow(message)
})

test('a server that is silent is given up', async () => {
  server = createSocket('udp4').bind(0, '127.0.0.1')
  await once(server, 'listening')
  await expect(askTimeServer(`127.0.0.1:${server.address().port}`, { timeoutMs: 100 })).rejects.toThrow()
})
