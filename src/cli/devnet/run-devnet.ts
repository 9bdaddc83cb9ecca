import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chainIdOf } from '../../chain/chain-spec.ts'
import { loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Console } from '../frame/command.ts'
import { productVersion } from '../frame/product-version.ts'
import { banner, blockLine, leaveLine } from './devnet-lines.ts'
import { type Devnet, foundDevnet, isLoadAccount } from './found-devnet.ts'
import { startLightLoad } from './light-load.ts'
import { listenForKeys } from './listen-for-keys.ts'
import { type BlockEvent, createNetworkObserver } from './network-observer.ts'
import { createNodeProcess } from './node-process.ts'
import { reopenDevnet } from './reopen-devnet.ts'
import { createReport } from './report.ts'

export interface DevnetOptions {
  readonly validators: number
  readonly intervalMs: number | undefined
  /** Path of the module with the chain's own application. */
  readonly application: string | undefined
  readonly load: number | undefined
  readonly home: string | undefined
  readonly untilHeight: number | undefined
  readonly overrides: readonly string[]
  readonly json: boolean
  readonly console: Console
}

const unattendedLoad = 10
const attendedLoad = 1
/** Without a new block for so long an unattended run has failed. */
const stallMs = 60_000

/** Founds or reopens the network, runs it, and resolves to the exit status when it is told to end. */
export async function runDevnet(options: DevnetOptions): Promise<number> {
  const { home, console } = options
  const startedAt = performance.now()
  const directory = home ?? (await mkdtemp(join(tmpdir(), 'synod-devnet-')))
  try {
    const devnet =
      (await reopenDevnet(directory, console)) ?? (await foundDevnet({ ...options, directory, consensus: pace(options) }))
    return await runNetwork(devnet, options, startedAt)
  } finally {
    if (home === undefined) await rm(directory, { recursive: true, force: true })
  }
}

/** Blocks follow transactions at once, unless a block is wanted every so often. */
function pace({ intervalMs }: DevnetOptions): { interval_ms: number; empty_blocks: boolean } {
  return intervalMs === undefined ? { interval_ms: 0, empty_blocks: false } : { interval_ms: intervalMs, empty_blocks: true }
}

async function runNetwork(devnet: Devnet, options: DevnetOptions, startedAt: number): Promise<number> {
  const { untilHeight, console, json } = options
  const attended = untilHeight === undefined
  const end = createEnding()
  const processes = devnet.nodes.map((node) =>
    createNodeProcess({
      ...node,
      overrides: options.overrides,
      onExit,
    }),
  )
  const report = createReport(startedAt)
  const observer = createNetworkObserver(onBlock)
  let stallTimer = setTimeout(onStall, stallMs)

  /** Somebody who kills a node from another terminal wants to see what the others do. */
  function onExit(name: string, code: number | null): void {
    if (attended && code === null) console.err(`${name} was killed; r restarts it\n`)
    else end.fail(`${name} ended ${code === null ? 'by a signal' : `with status ${code}`}.`)
  }

  function onStall(): void {
    if (!attended) end.fail(`No block for ${stallMs / 1000} s at height ${observer.height}.`)
  }

  function onBlock(block: BlockEvent, atMs: number): void {
    clearTimeout(stallTimer)
    stallTimer = setTimeout(onStall, stallMs)
    report.onBlock(block, atMs)
    load.onBlock(block.transactions, atMs)
    if (attended || !json) console.err(blockLine(block, report, processes))
    if (untilHeight !== undefined && block.height >= untilHeight) end.done()
  }

  const chain = await loadChain(await loadNodeConfig({ home: devnet.nodes[0]?.home ?? '' }))
  const load = startLightLoad({
    chainId: chainIdOf(chain.spec),
    accounts: devnet.accounts.filter(isLoadAccount),
    urls: devnet.nodes.map(({ url }) => url),
    // Only the ledger is known to take transfers.
    perSecond: chain.application.name === 'ledger' ? (options.load ?? (attended ? attendedLoad : unattendedLoad)) : 0,
  })
  try {
    await Promise.all(processes.map((node) => node.start()))
    for (const { url } of devnet.nodes) observer.follow(url)
    if (attended) {
      console.err(banner(devnet, chain.application.name, productVersion()))
      listenForKeys({ processes, console, onQuit: end.done })
    }
    await end.reached
    if (!attended) console.out(report.render(await report.measure(processes, load), json))
    return 0
  } finally {
    clearTimeout(stallTimer)
    load.stop()
    observer.stop()
    if (attended) console.err(leaveLine(options.home))
    await Promise.all(processes.map((node) => node.stop()))
  }
}

interface Ending {
  readonly reached: Promise<void>
  done(): void
  fail(message: string): void
}

/** However the run ends: the goal is reached, somebody asks for it, or something failed. */
function createEnding(): Ending {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Whoever awaits it comes later; until then a failure is not unhandled.
  promise.catch(() => undefined)
  process.once('SIGINT', () => resolve())
  process.once('SIGTERM', () => resolve())
  return { reached: promise, done: resolve, fail: (message) => reject(new OperationalError('DEVNET_FAILED', message)) }
}
