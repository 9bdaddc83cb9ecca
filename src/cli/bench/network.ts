import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { peerCertificateOfSeed } from '../../adapters/libp2p/peer-certificate.ts'
import type { Channel, Network, PeerId } from '../../ports/network.ts'
import { startBenchNetwork } from './bench-network.ts'
import { type Figure, figure } from './figure.ts'
import type { PeerReport } from './network-peer.ts'
import { connectRawTls, probeRaw, rawTlsContext, sendRaw } from './raw-tls.ts'

const rounds = 5
const smallMessage = { bytes: 200, count: 300_000 }
const largeMessage = { bytes: 1 << 20, count: 128 }
/** Before those that count, as many that warm the code of both sides. */
const connects = 30
const requests = 1_000
const concurrentRequests = { count: 20_000, inFlight: 64 }

interface Subject {
  readonly child: ChildProcess
  readonly network: Network
  readonly peer: PeerId
  readonly address: string
  readonly socket: TLSSocket
  readonly connectRaw: () => Promise<TLSSocket>
}

/**
 * Two processes over TLS 1.3 with X25519MLKEM768, through the public port, beside plain node:tls sockets that carry the same messages
 * gathered in the same way. Both take turns, so that whatever else the machine does falls on both.
 */
export async function benchNetwork(): Promise<Figure[]> {
  const child = fork(join(import.meta.dirname, `network-peer${extname(import.meta.filename)}`))
  try {
    const ready = await nextReport(child)
    if (ready.kind !== 'ready') throw new Error('the peer process is not ready')
    const seed = new Uint8Array(32).fill(1)
    const network = await startBenchNetwork({ privateKeySeed: seed })
    const context = rawTlsContext(await peerCertificateOfSeed(seed))
    const connectRaw = () => connectRawTls(context, ready.rawPort)
    const connectFigures = await benchConnect(network, ready.address, connectRaw)
    const peer = await network.connect(ready.address)
    const subject: Subject = { child, network, peer, address: ready.address, socket: await connectRaw(), connectRaw }
    const figures = [
      ...(await benchMessages(subject)),
      ...connectFigures,
      ...(await benchBulk(subject)),
      ...(await benchRequests(subject)),
      figure('rssMbStarted', ready.rssMb, 'MB'),
    ]
    subject.socket.destroy()
    await network.stop()
    return figures
  } finally {
    child.disconnect()
  }
}

async function benchConnect(network: Network, address: string, connectRaw: () => Promise<TLSSocket>): Promise<Figure[]> {
  const ours: number[] = []
  const raw: number[] = []
  for (let index = 0; index < 2 * connects; index++) {
    let peer = ''
    ours.push(
      await timed(async () => {
        peer = await network.connect(address)
      }),
    )
    network.disconnect(peer, 'measured')
    let socket: TLSSocket | undefined
    raw.push(
      await timed(async () => {
        socket = await connectRaw()
      }),
    )
    socket?.destroy()
  }
  return [figure('connectMsP50', median(ours.slice(connects)), 'ms', median(raw.slice(connects)))]
}

async function benchMessages(subject: Subject): Promise<Figure[]> {
  const { bytes, count } = smallMessage
  const votes: number[] = []
  const bulk: number[] = []
  const raw: number[] = []
  for (let round = 0; round < rounds; round++) {
    votes.push(count / (await timeSending(subject, bytes, count, 'consensus')))
    bulk.push(count / (await timeSending(subject, bytes, count, 'batches')))
    raw.push(count / (await timeSending(subject, bytes, count, 'raw')))
  }
  const limit = median(raw) * 1000
  return [
    figure('messagesPerSecond', median(votes) * 1000, '1/s', limit),
    figure('bulkMessagesPerSecond', median(bulk) * 1000, '1/s', limit),
  ]
}

async function benchBulk(subject: Subject): Promise<Figure[]> {
  const { bytes, count } = largeMessage
  const ours: number[] = []
  const raw: number[] = []
  for (let round = 0; round < rounds; round++) {
    ours.push((bytes * count) / 1e3 / (await timeSending(subject, bytes, count, 'blocks')))
    raw.push((bytes * count) / 1e3 / (await timeSending(subject, bytes, count, 'raw')))
  }
  return [figure('bulkMBs', median(ours), 'MB/s', median(raw))]
}

async function benchRequests({ network, peer, socket }: Subject): Promise<Figure[]> {
  const message = new Uint8Array(64)
  const ask = async () => {
    for await (const part of network.request(peer, 'status', message, { timeoutMs: 10_000 })) void part
  }
  const ours: number[] = []
  const raw: number[] = []
  for (let index = 0; index < requests; index++) {
    ours.push(await timed(ask))
    raw.push(await timed(() => probeRaw(socket)))
  }
  const { count, inFlight } = concurrentRequests
  const askMany = async () => {
    for (let index = 0; index < count / inFlight; index++) await ask()
  }
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    rates.push((count / (await timed(() => Promise.all(Array.from({ length: inFlight }, askMany))))) * 1000)
  }
  return [figure('requestMsP50', median(ours), 'ms', median(raw)), figure('requestsPerSecond', median(rates), '1/s')]
}

/** Milliseconds from the first message given to the sender to the last one received by the other process. */
async function timeSending(subject: Subject, bytes: number, count: number, way: Channel | 'raw'): Promise<number> {
  const { child, network, peer, socket } = subject
  child.send({ count })
  await nextReport(child)
  const message = new Uint8Array(bytes)
  const arrived = nextReport(child)
  return timed(async () => {
    if (way === 'raw') await sendRaw(socket, message, count)
    else {
      for (let sent = 0; sent < count; sent++) {
        // Full queues empty no faster for being looked at: they hold what takes ten times as long to send.
        while (!network.send(peer, way, message)) await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
    await arrived
  })
}

function nextReport(child: ChildProcess): Promise<PeerReport> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('the peer process ended'))
    child.once('exit', onExit)
    child.once('message', (report) => {
      child.off('exit', onExit)
      resolve(report as PeerReport)
    })
  })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

function median(samples: readonly number[]): number {
  return [...samples].sort((left, right) => left - right)[samples.length >> 1] as number
}
