import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { extname, join } from 'node:path'
import type { Network, PeerId } from '../../ports/network.ts'
import { percentile } from '../percentile.ts'
import { startBenchNetwork } from './bench-network.ts'
import { type Figure, figure } from './figure.ts'
import type { PriorityReport } from './priority-peer.ts'
import type { LinkReport } from './slow-link.ts'
import { createVote, type Phase } from './timed-votes.ts'

const linkBytesPerSecond = 10_000_000
const blockBytes = 4 << 20
/** A block of 4 MiB goes out in parts of what its channel takes. */
const partBytes = 1 << 20
const voteEveryMs = 5
const rounds = 8
/** The link fills, or runs dry, before anything is counted. */
const settleMs = 1_000
const phaseMs = 3_000

type Heard = Extract<PriorityReport, { kind: 'heard' }>

/**
 * How long a vote takes from one process to another over a link of 10 MB/s, alone and while blocks of 4 MiB follow each other on the
 * same connection, in turns. The link is a third process that lets so many bytes a millisecond through; the three share one clock, and
 * the machine's processors: what they themselves are late shows in probes, which have as fast a link and a bare connection to themselves.
 */
export async function benchPriority(): Promise<Figure[]> {
  const children: ChildProcess[] = []
  const start = (name: string, ...args: readonly (string | number)[]) => {
    const child = fork(join(import.meta.dirname, `${name}${extname(import.meta.filename)}`), args.map(String))
    children.push(child)
    return child
  }
  try {
    const receiver = start('priority-peer')
    const ready = await report(receiver)
    if (ready.kind !== 'ready') throw new Error('the receiving process is not ready')
    const link = start('slow-link', linkBytesPerSecond, /\/tcp\/(\d+)/.exec(ready.address)?.[1] ?? '', ready.probePort)
    const [{ ports }] = (await once(link, 'message')) as [LinkReport]
    const network = await startBenchNetwork({ privateKeySeed: new Uint8Array(32).fill(3) })
    const peer = await network.connect(ready.address.replace(/\/tcp\/\d+/, `/tcp/${ports[0]}`))
    const probe = connect({ host: '127.0.0.1', port: ports[1] as number, noDelay: true })
    const bulkBytes = await alternate(network, peer, probe, () => ask(receiver))
    const heard = await ask(receiver)
    probe.destroy()
    await network.stop()
    return figuresOf(heard, bulkBytes)
  } finally {
    for (const child of children) child.disconnect()
  }
}

/** Sends votes and probes at their pace, and blocks every other time. Returns the bytes of blocks that arrived while they were counted. */
async function alternate(network: Network, peer: PeerId, probe: Socket, hear: () => Promise<Heard>): Promise<number> {
  const sendBlocks = createBlockSender(network, peer)
  let counted: Phase | undefined
  let isLoaded = false
  let bulkBytes = 0
  const timer = setInterval(() => {
    probe.write(createVote(counted))
    network.send(peer, 'consensus', createVote(counted))
    if (isLoaded) sendBlocks()
  }, voteEveryMs)
  try {
    for (let turn = 0; turn < 2 * rounds; turn++) {
      isLoaded = turn % 2 === 1
      await elapsed(settleMs)
      const before = await hear()
      counted = isLoaded ? 'loaded' : 'idle'
      await elapsed(phaseMs)
      counted = undefined
      if (isLoaded) bulkBytes += (await hear()).bulkBytes - before.bulkBytes
    }
  } finally {
    clearInterval(timer)
  }
  return bulkBytes
}

/** Keeps at least a whole block waiting, so that the link never runs dry. Each part is a message of its own, and none shrinks. */
function createBlockSender(network: Network, peer: PeerId): () => void {
  const noise = randomBytes(partBytes)
  return () => {
    for (let sent = 0; sent < blockBytes; sent += partBytes) if (!network.send(peer, 'blocks', noise.subarray())) return
  }
}

function figuresOf({ votes, probes }: Heard, bulkBytes: number): Figure[] {
  const of = (delaysMs: readonly number[], share: number) => percentile(delaysMs, share) ?? Number.NaN
  const both = (name: string, share: number) => [
    figure(`voteMs${name}Idle`, of(votes.idle, share), 'ms'),
    figure(`voteMs${name}Loaded`, of(votes.loaded, share), 'ms'),
    figure(`probeMs${name}Idle`, of(probes.idle, share), 'ms'),
    figure(`probeMs${name}Loaded`, of(probes.loaded, share), 'ms'),
  ]
  const added = (share: number) => of(votes.loaded, share) - of(votes.idle, share)
  const addedByProcesses = (share: number) => of(probes.loaded, share) - of(probes.idle, share)
  return [
    figure('addedMsP50', added(0.5), 'ms', 10),
    figure('addedMsP99', added(0.99), 'ms', 10),
    figure('addedByProcessesMsP50', addedByProcesses(0.5), 'ms'),
    figure('addedByProcessesMsP99', addedByProcesses(0.99), 'ms'),
    ...both('P50', 0.5),
    ...both('P99', 0.99),
    ...both('Max', 1),
    figure('bulkMBs', bulkBytes / rounds / phaseMs / 1000, 'MB/s', linkBytesPerSecond / 1e6),
    figure('votesHeard', votes.loaded.length, 'votes', (rounds * phaseMs) / voteEveryMs),
  ]
}

async function ask(receiver: ChildProcess): Promise<Heard> {
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
