/**
 * `npm run test:soak -- --minutes N`: a node alone on its chain, to which thousands of strangers connect, rightly and wrongly. Its memory
 * is sampled with the garbage collected, and must not rise: the slope over the second half of the run is fitted, and the run fails when
 * the whole of its 95 % interval lies above the tolerance. What is bounded fills in the first half, or rises by less than that.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { foundDevnet } from '../../src/cli/devnet/found-devnet.ts'
import { sharedLoopbackLimits } from '../../src/cli/devnet/loopback-host.ts'
import { createClient } from '../../src/client/client.ts'
import { loadChain } from '../../src/node/config/load-chain.ts'
import { homeFiles } from '../../src/node/config/node-home.ts'
import { toHex } from '../../src/primitives/bytes.ts'
import { type ChurnCounts, type ChurnTarget, churn } from './churn.ts'
import type { MemorySample } from './sampler.ts'
import { type Slope, slopeOf } from './slope.ts'

/**
 * Growth in KB a minute that is not told from none. In its first quarter of an hour a node still compiles code and fills what is bounded
 * (bans, proofs that were used, sightings of messages), so that a short run finds only what leaks hundreds of bytes a connection.
 */
const toleranceOf = (minutes: number) => (minutes >= 20 ? { rss: 128, heap: 64 } : { rss: 1_024, heap: 512 })
const sampleEveryMs = 2_000
/** Before the minutes that count: code is compiled, and what is bounded fills. */
const warmUpMs = 120_000

/** Elsewhere than on Linux all strangers share one address. */
const defence = Object.entries(sharedLoopbackLimits(1_000) ?? {}).map(([name, value]) => `defence.${name}=${value}`)

interface Sample extends MemorySample {
  readonly atMs: number
}

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' } } })
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error('--minutes is a number above 0')
process.exitCode = (await soak(minutes)) ? 0 : 1

async function soak(duration: number): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-soak-'))
  const node = await startNode(directory)
  try {
    const counts: ChurnCounts = { honest: 0, refused: 0, cut: 0, garbage: 0 }
    const stopping = new AbortController()
    const churning = churn(node.target, counts, stopping.signal)
    const samples: Sample[] = []
    const startedAt = performance.now()
    while (performance.now() - startedAt < warmUpMs + duration * 60_000) {
      await wait(sampleEveryMs)
      const sample = { ...(await node.sample()), atMs: performance.now() - startedAt }
      samples.push(sample)
      if (samples.length % 15 === 0) report(sample, counts)
    }
    stopping.abort()
    await churning
    return judge(samples, counts, toleranceOf(duration))
  } finally {
    await node.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** A node as `synod start` runs it, with the sampler loaded, on a chain that makes no block without a transaction. */
async function startNode(directory: string) {
  const { nodes } = await foundDevnet({ directory, validators: 1, consensus: { interval_ms: 0, empty_blocks: false } })
  const [{ home, url }] = nodes as [(typeof nodes)[number]]
  const logPath = join(directory, 'node.log')
  const log = openSync(logPath, 'a')
  const child = fork(
    fileURLToPath(new URL('../../bin/synod.js', import.meta.url)),
    ['start', '--home', home, '--set', 'log.level=error', ...defence.flatMap((setting) => ['--set', setting])],
    {
      execArgv: ['--import', new URL('./sampler.ts', import.meta.url).href],
      stdio: ['ignore', log, log, 'ipc'],
      // Without it, memory that threads have freed stays with each of them, and RSS measures the allocator.
      env: { ...process.env, MALLOC_ARENA_MAX: '2' },
    },
  )
  const sample = async (): Promise<MemorySample> => {
    if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}`)
    const answer = once(child, 'message')
    child.send('sample')
    return (await answer)[0] as MemorySample
  }
  const client = createClient(url)
  const deadline = performance.now() + 60_000
  for (;;) {
    const status = await client.status().catch(() => undefined)
    if (status !== undefined) {
      const chain = await loadChain({ chainFile: join(home, homeFiles.chain), applicationModule: undefined })
      const target: ChurnTarget = { address: status.addresses[0] as string, chainTag: toHex(chain.chainId).slice(0, 16) }
      return { target, sample, stop: () => stop(child) }
    }
    if (performance.now() > deadline || child.exitCode !== null) {
      throw new Error(`the node does not start: ${await readFile(logPath, 'utf8')}`)
    }
    await wait(100)
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function stop(child: ReturnType<typeof fork>): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(timer)
}

function report({ atMs, rssBytes, heapBytes, externalBytes }: Sample, counts: ChurnCounts): void {
  const megabytes = [rssBytes, heapBytes, externalBytes].map((bytes) => (bytes / 1e6).toFixed(1))
  say(
    `${(atMs / 60_000).toFixed(1)} min  RSS ${megabytes[0]} MB  heap ${megabytes[1]} MB  external ${megabytes[2]} MB  ${JSON.stringify(counts)}`,
  )
}

function judge(
  samples: readonly Sample[],
  counts: ChurnCounts,
  tolerance: { readonly rss: number; readonly heap: number },
): boolean {
  const counted = samples.filter(({ atMs }) => atMs > warmUpMs)
  const half = counted.slice(counted.length >> 1)
  const fitted = (of: (sample: Sample) => number): Slope =>
    slopeOf(half.map((sample) => ({ x: sample.atMs / 60_000, y: of(sample) / 1000 })))
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  say(`${total} connections: ${JSON.stringify(counts)}`)
  const rows = [
    { name: 'RSS', slope: fitted((sample) => sample.rssBytes), limit: tolerance.rss },
    { name: 'heap', slope: fitted((sample) => sample.heapBytes), limit: tolerance.heap },
  ]
  let isFlat = true
  for (const { name, slope: found, limit } of rows) {
    const low = found.slope - found.margin
    const rises = low > limit
    if (rises) isFlat = false
    say(
      `${name}: slope ${found.slope.toFixed(1)} KB/min, 95 % interval ${low.toFixed(1)} to ${(found.slope + found.margin).toFixed(1)}, ` +
        `${found.samples} samples, autocorrelation ${found.autocorrelation.toFixed(2)}: ` +
        (rises
          ? `RISES by more than ${limit} KB/min`
          : low > 0
            ? `rises within the tolerance of ${limit} KB/min`
            : 'not distinguishable from zero'),
    )
  }
  if (counts.honest === 0) say('no connection was accepted: the run proves nothing')
  return isFlat && counts.honest > 0
}
