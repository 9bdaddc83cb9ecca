import { type ChildProcess, fork } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { blsKeypair, blsSign, blsVerify } from '../../crypto/bls.ts'
import { ed25519Keypair, ed25519Sign, ed25519Verify } from '../../crypto/ed25519.ts'
import { type BenchWorkload, benchSeed, benchValidators, createBenchChain } from './consensus/bench-chain.ts'
import { transactionMaker } from './consensus/make-transaction.ts'
import { type Figure, figure } from './figure.ts'
import { type MadeChain, makeChain } from './sync/make-chain.ts'
import type { SyncReport, SyncTask } from './sync/sync-process.ts'

const emptyBlocks = 10_000
const fullBlocks = 120
const perFullBlock = 1000
/** Headers that one certificate stands for. */
const blocksPerCertificate = 512

/**
 * A node that has nothing takes a chain from one peer, and from three, each a process of its own with its own disk, on encrypted connections
 * over loopback. The limit is what one process does with the same blocks without a network: it executes and stores them, and
 * checks a certificate a range and each transaction's signature, as fast as all cores can.
 */
export async function benchSync(onProgress: (line: string) => void): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-sync-'))
  try {
    const empty = await prepare(join(directory, 'empty'), 'unsigned', emptyBlocks, 0, onProgress)
    const full = await prepare(join(directory, 'full'), 'transfers', fullBlocks, perFullBlock, onProgress)
    const certificateMs = millisecondsOf(() => void checkCertificate())
    const signatureMs = millisecondsOf(() => void checkSignature()) / availableParallelism()
    const blockMs = empty.made.executedMs / emptyBlocks + certificateMs / blocksPerCertificate
    const transactionMs = full.made.executedMs / (fullBlocks * perFullBlock) + signatureMs
    const figures: Figure[] = []
    for (const peers of [1, 3]) {
      const name = peers === 1 ? 'OnePeer' : 'ThreePeers'
      onProgress(`${peers === 1 ? 'one peer' : 'three peers'}: empty blocks, then transactions`)
      const blocks = await measure(empty, peers)
      figures.push(figure(`emptyBlocksPerSecond${name}`, (emptyBlocks * 1000) / blocks.ms, '1/s', 1000 / blockMs))
      const transactions = await measure(full, peers)
      const rate = (fullBlocks * perFullBlock * 1000) / transactions.ms
      figures.push(figure(`transactionsPerSecond${name}`, rate, '1/s', 1000 / transactionMs))
      figures.push(figure(`syncRssMb${name}`, transactions.rssMb, 'MB'))
    }
    return figures
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

interface Prepared {
  readonly directory: string
  readonly workload: BenchWorkload
  readonly genesisTime: number
  readonly made: MadeChain
}

async function prepare(
  directory: string,
  workload: BenchWorkload,
  blocks: number,
  perBlock: number,
  onProgress: (line: string) => void,
): Promise<Prepared> {
  onProgress(`making ${blocks} blocks of ${perBlock} transactions`)
  const genesisTime = Date.now() - 2 * blocks
  const chain = createBenchChain(workload, genesisTime)
  const validatorSeeds = Array.from({ length: benchValidators }, (_, index) => benchSeed('validator', index))
  const transaction = transactionMaker(chain, workload)
  const made = await makeChain({ ...chain, directory: join(directory, 'made'), validatorSeeds, blocks, perBlock, transaction })
  return { directory, workload, genesisTime, made }
}

/** Each server has a copy of the chain; the last node has nothing. */
async function measure(
  { directory, workload, genesisTime, made }: Prepared,
  peers: number,
): Promise<Extract<SyncReport, { kind: 'reached' }>> {
  const children: ChildProcess[] = []
  const home = (index: number) => join(directory, `${peers}-${index}`)
  async function start(index: number, addresses: readonly string[]): Promise<{ child: ChildProcess; address: string }> {
    const child = fork(join(import.meta.dirname, 'sync', `sync-process${extname(import.meta.filename)}`))
    children.push(child)
    const task: SyncTask = {
      index,
      workload,
      genesisTime,
      directory: home(index),
      peers: addresses,
      untilHeight: made.height,
    }
    child.send(task)
    return { child, address: (await next(child, 'ready')).address }
  }
  try {
    const addresses: string[] = []
    for (let index = 0; index < peers; index++) {
      await cp(join(directory, 'made'), home(index), { recursive: true })
      addresses.push((await start(index, [])).address)
    }
    return await next((await start(peers, addresses)).child, 'reached')
  } finally {
    await Promise.all(children.map(end))
    for (let index = 0; index <= peers; index++) await rm(home(index), { recursive: true, force: true })
  }
}

function next<Kind extends SyncReport['kind']>(child: ChildProcess, kind: Kind): Promise<Extract<SyncReport, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      const report = message as SyncReport
      if (report.kind === kind) resolve(report as Extract<SyncReport, { kind: Kind }>)
    })
    child.once('exit', (code) => reject(new Error(`a process of the bench ended with ${code}`)))
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}

const message = benchSeed('message', 0)
const bls = blsKeypair(benchSeed('rate', 0))
const certificate = blsSign(bls, message)
const checkCertificate = (): boolean => blsVerify(bls.publicKey, message, certificate)
const ed25519 = ed25519Keypair(benchSeed('rate', 0))
const signature = ed25519Sign(ed25519, message)
const checkSignature = (): boolean => ed25519Verify(ed25519.publicKey, message, signature)

function millisecondsOf(work: () => void): number {
  let times = 0
  const startedAt = performance.now()
  while (performance.now() - startedAt < 300) {
    for (let round = 0; round < 10; round++) work()
    times += 10
  }
  return (performance.now() - startedAt) / times
}
