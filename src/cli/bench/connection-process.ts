/**
 * A process of the connections bench: the node that is connected to, those that connect, or a flood. Started by `connections.ts`, spoken
 * to over its IPC channel, it ends when that closes.
 */
import { connect, createServer } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Security } from '../../adapters/libp2p/libp2p-network.ts'
import { peerCertificateOfSeed } from '../../adapters/libp2p/peer-certificate.ts'
import type { InboundVerdict, Network } from '../../ports/network.ts'
import { startBenchNetwork } from './bench-network.ts'

export type ConnectionOrder =
  /** To become a node. */
  | { readonly kind: 'listen'; readonly listen: string; readonly security: Security }
  /** To turn away whoever arrives from now on, or no longer to. */
  | { readonly kind: 'refuse'; readonly isRefusing: boolean }
  | { readonly kind: 'measure' }
  /** To connect one after the other, with so many identities or with one again and again, and to say how long each took. */
  | {
      readonly kind: 'dial'
      readonly address: string
      readonly security: Security
      /** The address to dial from, over TCP. */
      readonly from?: string
      readonly firstSeed: number
      readonly count: number
      readonly isHolding: boolean
    }
  /** To open so many bare connections, each as soon as an earlier one has ended. */
  | { readonly kind: 'flood'; readonly host: string; readonly port: number; readonly count: number }

export type ConnectionReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'listening'; readonly address: string; readonly rawPort: number }
  | {
      readonly kind: 'usage'
      readonly rssBytes: number
      readonly heapBytes: number
      readonly cpuUntilMicros: number
      readonly cpuFromMicros: number
      readonly atMs: number
      readonly peers: number
      readonly refused: number
    }
  | { readonly kind: 'dialled'; readonly connectMs: readonly number[] }
  | { readonly kind: 'done' }

const floodInFlight = 64
const held: Network[] = []
let listening: Network | undefined
let isRefusing = false
let refused = 0

/** Without a requirement, as a node is by default, and with its gossip, which every connection has a part in. */
async function start(seed: number, listen: readonly string[], security: Security, from?: string): Promise<Network> {
  const privateKeySeed = new Uint8Array(32)
  new DataView(privateKeySeed.buffer).setUint32(0, seed)
  return startBenchNetwork({
    privateKeySeed,
    listen,
    security: [security],
    requireHybrid: false,
    gossipChannels: ['blocks', 'evidence', 'batches'],
    webSocketCertificate: await peerCertificateOfSeed(privateKeySeed),
    ...(from !== undefined && { dialFrom: from }),
    handlers: { onInbound },
  })
}

function onInbound(): InboundVerdict {
  if (!isRefusing) return 'admit'
  refused += 1
  return 'refuse'
}

/** The least that can be done with a connection: what refusing is compared with. */
async function startRawRefuser(): Promise<number> {
  const server = createServer((socket) => {
    refused += 1
    socket.resetAndDestroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** Collecting garbage is for the measurement alone, and counts neither in the time before it nor in that after it. */
function measure(): ConnectionReport {
  const cpuUntilMicros = cpuMicros()
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  const peers = listening?.peers().length ?? 0
  const memory = { rssBytes: rss, heapBytes: heapUsed }
  return { kind: 'usage', ...memory, cpuUntilMicros, cpuFromMicros: cpuMicros(), atMs: performance.now(), peers, refused }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

async function dial(order: Extract<ConnectionOrder, { kind: 'dial' }>): Promise<number[]> {
  const connectMs: number[] = []
  const again = order.isHolding ? undefined : await start(order.firstSeed, [], order.security, order.from)
  for (let index = 0; index < order.count; index++) {
    const network = again ?? (await start(order.firstSeed + index, [], order.security, order.from))
    const before = performance.now()
    const peer = await network.connect(order.address)
    connectMs.push(performance.now() - before)
    if (order.isHolding) held.push(network)
    else network.disconnect(peer, 'measured')
  }
  await again?.stop()
  return connectMs
}

async function flood(host: string, port: number, count: number): Promise<void> {
  let left = count
  const knock = () => {
    const socket = connect({ host, port })
    socket.on('error', () => undefined)
    return new Promise<void>((resolve) => socket.on('close', () => resolve()))
  }
  async function keepKnocking(): Promise<void> {
    while (left > 0) {
      left -= 1
      await knock()
      await nextTurn()
    }
  }
  await Promise.all(Array.from({ length: floodInFlight }, keepKnocking))
}

async function obey(order: ConnectionOrder): Promise<ConnectionReport> {
  switch (order.kind) {
    case 'listen':
      await listening?.stop()
      listening = await start(0, [order.listen], order.security)
      return { kind: 'listening', address: listening.addresses()[0] as string, rawPort: await startRawRefuser() }
    case 'refuse':
      isRefusing = order.isRefusing
      return { kind: 'done' }
    case 'measure':
      return measure()
    case 'dial':
      return { kind: 'dialled', connectMs: await dial(order) }
    case 'flood':
      await flood(order.host, order.port, order.count)
      return { kind: 'done' }
  }
}

process.on('message', (order: ConnectionOrder) => void obey(order).then((report) => process.send?.(report)))
process.on('disconnect', () => process.exit(0))
process.send?.({ kind: 'ready' } satisfies ConnectionReport)
