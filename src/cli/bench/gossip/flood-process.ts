/** One of the processes that all send to all: the network port alone, batches made and read as the product makes and reads them. */
import { batchSchema } from '../../../chain/batch.ts'
import { batchMessageSchema } from '../../../chain/batch-message.ts'
import { batchBytesMax } from '../../../chain/limits.ts'
import { decode, encode } from '../../../codec/codec.ts'
import type { Network } from '../../../ports/network.ts'
import { type Bytes, concatBytes } from '../../../primitives/bytes.ts'
import { obeyOrders } from '../../frame/obey-orders.ts'
import { loopbackListen, startBenchNetwork } from '../bench-network.ts'
import { benchSeed } from '../consensus/bench-chain.ts'

export type FloodOrder =
  | { readonly kind: 'listen'; readonly index: number }
  | { readonly kind: 'dial'; readonly addresses: readonly string[] }
  | { readonly kind: 'flood'; readonly seconds: number; readonly messageBytes: number }
export interface FloodReport {
  readonly address: string
  /** Messages that arrived, and the time in which they did. */
  readonly messages: number
  readonly seconds: number
  /** Processors this process kept busy meanwhile. */
  readonly cores: number
}

/** While processes begin and end one after the other, nobody counts. */
const marginMs = 500

const nothing = { messages: 0, seconds: 0, cores: 0 }

let received = 0
let network: Network | undefined

function listen(index: number): Promise<Network> {
  return startBenchNetwork({
    privateKeySeed: benchSeed('flood', index),
    listen: [loopbackListen],
    handlers: { onMessage: (_peer, _channel, message) => take(message) },
  })
}

function take(message: Bytes): void {
  const pushed = decode(batchMessageSchema, message)
  if (!pushed.ok || pushed.value.type !== 'push') throw new Error('something else than a batch arrived')
  const batch = decode(batchSchema, pushed.value.encoded)
  if (!batch.ok) throw new Error(batch.error.code)
  received += batch.value.transactions.length
}

/** A full batch of messages of so many bytes, which do not compress. */
function batchOf(messageBytes: number): Bytes {
  const count = Math.floor((batchBytesMax - 8) / (messageBytes + 3))
  const transactions = Array.from({ length: count }, (_, index) => noise(index, messageBytes))
  return encode(batchMessageSchema, { type: 'push', encoded: encode(batchSchema, { transactions }) })
}

function noise(index: number, bytes: number): Bytes {
  const parts = Array.from({ length: Math.ceil(bytes / 32) }, (_, part) => benchSeed(`message ${index}`, part))
  return concatBytes(...parts).slice(0, bytes)
}

/** Sends to everybody whatever their queues take, and counts what arrives from everybody meanwhile. */
async function flood(own: Network, seconds: number, messageBytes: number): Promise<Omit<FloodReport, 'address'>> {
  const message = batchOf(messageBytes)
  const until = performance.now() + seconds * 1000 + 2 * marginMs
  const now = () => ({ at: performance.now() / 1000, received, processor: process.cpuUsage() })
  let from = now()
  let measured = nothing
  setTimeout(() => {
    from = now()
  }, marginMs)
  setTimeout(
    () => {
      const { user, system } = process.cpuUsage(from.processor)
      const elapsed = now().at - from.at
      measured = { messages: received - from.received, seconds: elapsed, cores: (user + system) / 1e6 / elapsed }
    },
    marginMs + seconds * 1000,
  )
  while (performance.now() < until || measured.seconds === 0) {
    const taken = own.peers().filter(({ id }) => own.send(id, 'batches', message))
    // Full queues empty no faster for being looked at.
    await new Promise<void>((resume) => void (taken.length > 0 ? setImmediate(resume) : setTimeout(resume, 1)))
  }
  return measured
}

async function obey(order: FloodOrder): Promise<FloodReport> {
  network ??= await listen(order.kind === 'listen' ? order.index : 0)
  if (order.kind === 'dial') for (const address of order.addresses) await network.connect(address)
  const counted = order.kind === 'flood' ? await flood(network, order.seconds, order.messageBytes) : nothing
  return { address: network.addresses()[0] as string, ...counted }
}

obeyOrders(obey)
