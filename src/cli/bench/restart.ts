import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { unitsPerToken } from '../../chain/transaction.ts'
import { addressOf, encodeAddress } from '../../crypto/address.ts'
import { blsKeypair } from '../../crypto/bls.ts'
import { ed25519Keypair } from '../../crypto/ed25519.ts'
import { renderChainFile } from '../../node/config/chain-file.ts'
import { loadChain } from '../../node/config/load-chain.ts'
import { createNodeHome, homeFiles } from '../../node/config/node-home.ts'
import { freePorts } from '../devnet/free-ports.ts'
import { createNodeProcess, type NodeProcess } from '../devnet/node-process.ts'
import { percentile } from '../percentile.ts'
import { benchSeed } from './consensus/bench-chain.ts'
import { type Figure, figure } from './figure.ts'
import { makeChain } from './sync/make-chain.ts'

const longChain = 100_000
const shortChain = 100
const runs = 5
const timeoutMs = 60_000
/** No two processes of a machine may validate with one key. */
const validatorSeed = systemEntropy.bytes(32)

/**
 * A validator is killed while it votes, and started again by `synod start`: from the start of the process to its first vote. The limit is
 * the same with a hundred blocks on disk, which is what the runtime and the libraries take.
 */
export async function benchRestart(onProgress: (line: string) => void): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-restart-'))
  try {
    const short = await measure(join(directory, 'short'), shortChain, onProgress)
    const long = await measure(join(directory, 'long'), longChain, onProgress)
    return [
      figure('restartToVoteMsP50', percentile(long, 0.5) ?? Number.NaN, 'ms', percentile(short, 0.5) ?? Number.NaN),
      figure('restartToVoteMsMax', Math.max(...long), 'ms', Math.max(...short)),
      figure('blocksOnDisk', longChain, ''),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function measure(home: string, blocks: number, onProgress: (line: string) => void): Promise<readonly number[]> {
  onProgress(`making ${blocks} blocks`)
  const { process, dataDirectory } = await foundValidator(home, blocks)
  const { spec, application } = await loadChain({ chainFile: join(home, homeFiles.chain) })
  const validatorSeeds = [validatorSeed]
  const transaction = () => new Uint8Array(0)
  await makeChain({ directory: dataDirectory, spec, application, validatorSeeds, blocks, perBlock: 0, transaction })
  const times: number[] = []
  try {
    // The first start is of a chain that was written, not of a validator that was killed.
    for (let run = 0; run <= runs; run++) {
      onProgress(`${blocks} blocks, ${run === 0 ? 'first start' : `restart ${run} of ${runs}`}`)
      const startedAt = performance.now()
      await process.start()
      await firstVote(process)
      if (run > 0) times.push(performance.now() - startedAt)
      await process.kill()
    }
    return times
  } catch (error) {
    throw new Error((await readFile(join(home, 'node.log'), 'utf8')).slice(-2000), { cause: error })
  } finally {
    await process.stop()
  }
}

async function foundValidator(home: string, blocks: number): Promise<{ process: NodeProcess; dataDirectory: string }> {
  const operator = encodeAddress('synod', addressOf(ed25519Keypair(benchSeed('account', 0)).publicKey))
  const chainText = renderChainFile({
    preset: 'devnet',
    name: 'restart',
    genesisTime: Date.now() - 2 * blocks,
    consensus: { interval_ms: 100, empty_blocks: true },
    validators: [{ keypair: blsKeypair(validatorSeed), operator, powerUnits: 1000n * unitsPerToken }],
    accounts: [{ address: operator, balanceUnits: 1_000_000n * unitsPerToken }],
  })
  const [p2p, api] = (await freePorts(2)) as [number, number]
  await createNodeHome({
    home,
    chainText,
    settings: {
      node: { doppelganger_wait_ms: 0 },
      p2p: { listen: [`/ip4/127.0.0.1/tcp/${p2p}`], peers: [] },
      api: { port: api },
    },
    seeds: { peer: benchSeed('peer', 0), validator: validatorSeed },
    passphrase: 'of a bench',
    storePassphrase: true,
    keyCost: { passes: 1, memoryKib: 8 },
  })
  const process = createNodeProcess({
    name: 'validator',
    url: `http://127.0.0.1:${api}`,
    home,
    overrides: [],
    onExit: () => undefined,
  })
  return { process, dataDirectory: join(home, 'data') }
}

/** As the node's own metrics say. */
async function firstVote({ url }: NodeProcess): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const text = await fetch(new URL('/metrics', url)).then(
      (response) => response.text(),
      () => '',
    )
    const signed = [...text.matchAll(/^synod_consensus_signatures_total\{[^}]*kind="vote"[^}]*\} (\S+)$/gm)]
    if (signed.some(([, count]) => Number(count) > 0)) return
    await new Promise((resume) => setTimeout(resume, 10))
  }
  throw new Error(`no vote within ${timeoutMs} ms`)
}
