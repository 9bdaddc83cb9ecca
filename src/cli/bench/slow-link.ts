/**
 * A link of a known speed, as a process of its own between two others: it takes TCP connections, makes one onward for each, and lets
 * so many bytes a millisecond through in each direction of each. It reads no further ahead than it may send, so what is too much waits
 * with its sender, as on a real link with a short queue. A process that did not get its turn lets through at once what the link would
 * have carried meanwhile. Started by `priority.ts`: `slow-link <bytes a second> <port to connect to>…`, with one port of its own for each.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { constants, setPriority } from 'node:os'

const [bytesPerSecond, ...targetPorts] = process.argv.slice(2).map(Number) as [number, ...number[]]
const bytesPerMs = bytesPerSecond / 1000
/** What a link may send at once: more than a timer is late by itself. */
const burstBytes = Math.ceil(2 * bytesPerMs)
/** What waits in the link itself. */
const queueBytes = Math.ceil(2 * bytesPerMs)

/** To the parent: where the ways through the link begin, in the order of their ends. */
export interface LinkReport {
  readonly ports: readonly number[]
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
    const grown = allowance + (now - last) * bytesPerMs
    allowance = from.isPaused() ? grown : Math.min(grown, burstBytes)
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

async function open(targetPort: number): Promise<number> {
  const server = createServer({ noDelay: true, highWaterMark: 16 << 10 }, (near) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    carry(near, far)
    carry(far, near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** No link waits for a processor. Where the system does not allow it, it does. */
function hurry(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST)
  } catch {
    // The probes tell what that costs.
  }
}

hurry()
process.on('disconnect', () => process.exit(0))
process.send?.({ ports: await Promise.all(targetPorts.map(open)) } satisfies LinkReport)
