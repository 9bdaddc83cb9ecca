/**
 * A link of a known speed, as a process of its own between two others: it takes TCP connections, makes one onward for each, and lets
 * so many bytes a millisecond through in each direction. It reads no further ahead than it may send, so what is too much waits with its
 * sender, as on a real link with a short queue. Started by `priority.ts`: `slow-link <port to connect to> <bytes a second>`.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

const [targetPort, bytesPerSecond] = process.argv.slice(2).map(Number) as [number, number]
/** What a link may send at once: more than a timer can be late. */
const burstMs = 2
/** What waits in the link itself: 2 ms of it. */
const queueBytes = Math.ceil((bytesPerSecond / 1000) * 2)

/** To the parent. */
export interface LinkReport {
  readonly port: number
}

/** Bytes from `from` to `to` at the speed of the link. */
function carry(from: Socket, to: Socket): void {
  const waiting: Buffer[] = []
  let waitingBytes = 0
  let allowance = 0
  let last = performance.now()

  from.on('data', (chunk) => {
    waiting.push(chunk)
    waitingBytes += chunk.length
    if (waitingBytes > queueBytes) from.pause()
    send()
  })

  function send(): void {
    const now = performance.now()
    allowance = Math.min(allowance + ((now - last) * bytesPerSecond) / 1000, (burstMs * bytesPerSecond) / 1000)
    last = now
    while (allowance >= 1) {
      const [next] = waiting
      if (next === undefined) break
      const count = Math.min(next.length, Math.floor(allowance))
      to.write(next.subarray(0, count))
      allowance -= count
      waitingBytes -= count
      if (count === next.length) waiting.shift()
      else waiting[0] = next.subarray(count)
    }
    if (waitingBytes <= queueBytes && from.isPaused()) from.resume()
  }

  const timer = setInterval(send, 1)
  from.on('close', () => {
    clearInterval(timer)
    to.destroy()
  })
  from.on('error', () => to.destroy())
}

const server = createServer({ noDelay: true, highWaterMark: 16 << 10 }, (near) => {
  const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
  carry(near, far)
  carry(far, near)
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port } satisfies LinkReport))
process.on('disconnect', () => process.exit(0))
