import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import { createLibp2pNetwork } from '../../adapters/libp2p/libp2p-network.ts'
import type { Network, PeerId } from '../../ports/network.ts'
import { percentile } from '../percentile.ts'
import { type Figure, figure } from './figure.ts'
import type { PriorityReport } from './priority-peer.ts'
import type { LinkReport } from './slow-link.ts'

const linkBytesPerSecond = 10_000_000
const blockBytes = 4 << 20
/** A block of 4 MiB goes out in parts of what its channel takes. */
const partBytes = 1 << 20
const voteEveryMs = 5
const voteBytes = 200
const warmUpMs = 2_000
const measureMs = 15_000

/**
 * How long a vote takes from one process to another over a link of 10 MB/s, alone and while blocks of 4 MiB follow each other on the
 * same connection. The link is a third process that lets so many bytes a millisecond through; the three share one clock.
 */
export async function benchPriority(): Promise<Figure[]> {
  const children: ChildProcess[] = []
  const start = (name: string, ...args: string[]) => {
    const child = fork(join(import.meta.dirname, `${name}${extname(import.meta.filename)}`), args)
    children.push(child)
    return child
  }
  try {
    const receiver = start('priority-peer')
    const ready = await report(receiver)
    if (ready.kind !== 'ready') throw new Error('the receiving process is not ready')
    const link = start('slow-link', /\/tcp\/(\d+)/.exec(ready.address)?.[1] ?? '', String(linkBytesPerSecond))
    const [{ port }] = (await once(link, 'message')) as [LinkReport]
    const network = await startNetwork()
    const peer = await network.connect(ready.address.replace(/\/tcp\/\d+/, `/tcp/${port}`))
    const idle = await measure(network, peer, receiver, () => undefined)
    const loaded = await measure(network, peer, receiver, createBlockSender(network, peer))
    await network.stop()
    return figuresOf(idle, loaded)
  } finally {
    for (const child of children) child.disconnect()
  }
}

interface Sample {
  readonly delaysMs: readonly number[]
  readonly bulkBytesPerSecond: number
}

/** Sends votes at their pace, and `load` in between, and asks the receiver what came of it. */
async function measure(network: Network, peer: PeerId, receiver: ChildProcess, load: () => void): Promise<Sample> {
  const timer = setInterval(() => {
    const vote = new Uint8Array(voteBytes)
    new DataView(vote.buffer).setFloat64(0, performance.timeOrigin + performance.now())
    network.send(peer, 'consensus', vote)
    load()
  }, voteEveryMs)
  try {
    await elapsed(warmUpMs)
    await ask(receiver)
    const from = performance.now()
    await elapsed(measureMs)
    const { delaysMs, bulkBytes } = await ask(receiver)
    return { delaysMs, bulkBytesPerSecond: (bulkBytes / (performance.now() - from)) * 1000 }
  } finally {
    clearInterval(timer)
  }
}

/** Keeps at least a whole block waiting, so that the link never runs dry. */
function createBlockSender(network: Network, peer: PeerId): () => void {
  const part = new Uint8Array(partBytes)
  return () => {
    for (let sent = 0; sent < blockBytes; sent += partBytes) if (!network.send(peer, 'blocks', part)) return
  }
}

function figuresOf(idle: Sample, loaded: Sample): Figure[] {
  const of = (sample: Sample, share: number) => percentile(sample.delaysMs, share) ?? Number.NaN
  const idleP50 = of(idle, 0.5)
  return [
    figure('voteMsP50Idle', idleP50, 'ms'),
    figure('voteMsP99Idle', of(idle, 0.99), 'ms'),
    figure('voteMsP50Loaded', of(loaded, 0.5), 'ms'),
    figure('voteMsP99Loaded', of(loaded, 0.99), 'ms'),
    figure('voteMsMaxLoaded', of(loaded, 1), 'ms'),
    figure('addedMsP50', of(loaded, 0.5) - idleP50, 'ms', 10),
    figure('addedMsP99', of(loaded, 0.99) - idleP50, 'ms', 10),
    figure('bulkMBs', loaded.bulkBytesPerSecond / 1e6, 'MB/s', linkBytesPerSecond / 1e6),
    figure('votesHeard', loaded.delaysMs.length, 'votes', Math.floor(measureMs / voteEveryMs)),
  ]
}

async function startNetwork(): Promise<Network> {
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(3),
    listen: [],
    security: ['tls'],
    requireHybrid: true,
    chainTag: 'bench',
    gossipChannels: [],
  })
  await network.start({
    hello: () => new Uint8Array(64),
    onHello: () => ({ accept: true }),
    onConnected: () => undefined,
    onDisconnected: () => undefined,
    onMessage: () => undefined,
    onGossip: () => 'ignore',
    onRequest: () => {
      throw new Error('this side answers nothing')
    },
    onMisbehaviour: (_peer, what) => {
      throw new Error(what)
    },
  })
  return network
}

async function ask(receiver: ChildProcess): Promise<Extract<PriorityReport, { kind: 'heard' }>> {
  receiver.send({})
  const answer = await report(receiver)
  if (answer.kind !== 'heard') throw new Error('the receiving process answers something else')
  return answer
}

async function report(child: ChildProcess): Promise<PriorityReport> {
  const [message] = (await once(child, 'message')) as [PriorityReport]
  return message
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
