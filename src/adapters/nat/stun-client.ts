import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Endpoint, sameEndpoint } from '../../peers/nat-behaviour.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Entropy } from '../../ports/entropy.ts'
import { bytesKey } from '../../primitives/bytes.ts'
import { decodeStun, encodeStun, type StunMessage, transactionIdBytes } from './stun-message.ts'

/** A UDP socket that asks STUN servers: requests are repeated until they are answered or given up, after RFC 5389, 7.2.1. */
export interface StunClient {
  readonly localPort: number
  /**
   * The answer, and `undefined` when none came in time, the server refused, or what came was not one. It has to come from the server,
   * or from another place when that is what was asked for.
   */
  ask(server: Endpoint, change?: StunMessage['change']): Promise<StunMessage | undefined>
  close(): void
}

export interface StunClientOptions {
  readonly family: 4 | 6
  readonly clock: Clock
  readonly entropy: Entropy
  readonly patience?: StunPatience
}

export interface StunPatience {
  /** Until the first repetition, doubled for each further one, ms. */
  readonly firstMs: number
  /** Sent so often altogether. */
  readonly requestsMax: number
  /** After the last, the wait is this many times the first. */
  readonly lastWait: number
}

/** RFC 5389 with fewer repetitions: 3.5 s in all instead of 39.5, since several servers are asked and nobody waits for the last word. */
const defaultPatience: StunPatience = { firstMs: 500, requestsMax: 3, lastWait: 4 }

interface Transaction {
  readonly server: Endpoint
  readonly change: StunMessage['change']
  settle(answer: StunMessage | undefined): void
}

/** Rejects when the machine has no such address family. */
export async function openStunClient(options: StunClientOptions): Promise<StunClient> {
  const { family, clock, entropy, patience = defaultPatience } = options
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ...(family === 6 && { ipv6Only: true }) })
  const open = new Map<string, Transaction>()
  // What ICMP reports of one server is not the end of the socket: its request is repeated, and given up in time.
  socket.bind(0)
  await once(socket, 'listening')
  socket.on('error', () => undefined)
  socket.on('message', (bytes, { address: host, port }) => {
    const decoded = decodeStun(bytes)
    if (!decoded.ok || (decoded.value.kind !== 'success' && decoded.value.kind !== 'error')) return
    const transaction = open.get(bytesKey(decoded.value.transactionId))
    if (!transaction || !comesFromWhere(transaction, { host, port })) return
    transaction.settle(decoded.value.kind === 'success' ? decoded.value : undefined)
  })

  return {
    localPort: socket.address().port,
    ask(server, change) {
      const transactionId = entropy.bytes(transactionIdBytes)
      const request = encodeStun({ kind: 'request', transactionId, ...(change && { change }) })
      return new Promise((resolve) => {
        let timer: Timer | undefined
        const settle = (answer: StunMessage | undefined) => {
          timer?.cancel()
          open.delete(bytesKey(transactionId))
          resolve(answer)
        }
        const send = (count: number) => {
          socket.send(request, server.port, server.host, () => undefined)
          const isLast = count === patience.requestsMax
          const waitMs = patience.firstMs * (isLast ? patience.lastWait : 2 ** (count - 1))
          timer = clock.schedule(waitMs, () => (isLast ? settle(undefined) : send(count + 1)))
        }
        open.set(bytesKey(transactionId), { server, change, settle })
        send(1)
      })
    },
    close() {
      for (const { settle } of [...open.values()]) settle(undefined)
      socket.close()
    },
  }
}

/** An answer from a place that was not asked for would show that a NAT is more open than it is. */
function comesFromWhere({ server, change }: Transaction, from: Endpoint): boolean {
  if (!change) return sameEndpoint(server, from)
  const hasMoved = !sameEndpoint({ ...server, port: 1 }, { ...from, port: 1 })
  return hasMoved === change.address && (from.port !== server.port) === change.port
}
