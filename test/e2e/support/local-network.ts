import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { validatorSet } from '../../../src/chain/validator-set.ts'
import { type DevnetAccount, foundDevnet } from '../../../src/cli/devnet/found-devnet.ts'
import { createNodeProcess, type NodeProcess } from '../../../src/cli/devnet/node-process.ts'
import { type Client, createClient } from '../../../src/client/client.ts'
import type { Trust } from '../../../src/client/follow-chain.ts'
import type { StatusView } from '../../../src/client/views.ts'
import type { Founding } from '../../../src/node/config/chain-file.ts'
import { type LoadedChain, loadChain } from '../../../src/node/config/load-chain.ts'
import { homeFiles } from '../../../src/node/config/node-home.ts'
import { until } from './until.ts'

/** Real validators, each a process of its own, on loopback. */
export interface LocalNetwork {
  /** Temporary; the homes are in it, and so may be whatever else a test makes. */
  readonly directory: string
  readonly nodes: readonly LocalNode[]
  readonly accounts: readonly DevnetAccount[]
  readonly chain: LoadedChain
  readonly chainText: string
  readonly trust: Trust
  start(): Promise<void>
  /** Ends every process it started and removes every file. */
  stop(): Promise<void>
}

export interface LocalNode extends NodeProcess {
  readonly client: Client
  log(): Promise<string>
}

export interface LocalNetworkOptions {
  readonly validators?: number
  /** Time between blocks, which may be empty; 0: blocks follow transactions. Default 100. */
  readonly intervalMs?: number
  /** Path of the module with the chain's own application; the ledger unless given. */
  readonly application?: string
  /** What the ledger asks of everybody, where it is not the preset's. */
  readonly ledger?: Founding['ledger']
  /** Settings of every node, as for `--set`. */
  readonly overrides?: readonly string[]
  /** The base of the names of files; tests that run at once keep apart by it. */
  readonly directory?: string
}

/** Below the ports that systems give to outgoing connections: one that is free now stays free while a node is down. */
const portsFrom = 12_000
const portsTo = 30_000

export async function foundLocalNetwork(options: LocalNetworkOptions = {}): Promise<LocalNetwork> {
  const { validators = 4, intervalMs = 100, overrides = [], application } = options
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'synod-e2e-')))
  const devnet = await foundDevnet({
    directory,
    validators,
    application,
    consensus: { interval_ms: intervalMs, empty_blocks: intervalMs > 0 },
    ledger: options.ledger,
    portsFrom: portsFrom + Math.floor(Math.random() * (portsTo - portsFrom)),
  })
  const nodes = devnet.nodes.map((home) => createLocalNode({ ...home, overrides }))
  const chainPath = join(nodes[0]?.home ?? '', homeFiles.chain)
  const chain = await loadChain({ chainFile: chainPath, applicationModule: application })
  return {
    directory,
    nodes,
    accounts: devnet.accounts,
    chain,
    chainText: await readFile(chainPath, 'utf8'),
    trust: {
      chainId: chain.chainId,
      validators: validatorSet(chain.spec.validators),
      genesisTime: chain.spec.chain.genesis_time,
    },
    async start() {
      await Promise.all(nodes.map((node) => node.start()))
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export async function startLocalNetwork(options?: LocalNetworkOptions): Promise<LocalNetwork> {
  const network = await foundLocalNetwork(options)
  try {
    await network.start()
    await Promise.all(network.nodes.map((node) => reaches(node, 1)))
    return network
  } catch (error) {
    const logs = await Promise.all(network.nodes.map(async (node) => `${node.name}\n${(await node.log()).slice(-2000)}`))
    await network.stop()
    throw new Error(`the network did not start\n${logs.join('\n')}`, { cause: error })
  }
}

export function createLocalNode(options: { name: string; url: string; home: string; overrides?: readonly string[] }): LocalNode {
  const process = createNodeProcess({ ...options, overrides: options.overrides ?? [], onExit: () => undefined })
  const client = createClient(options.url)
  return Object.defineProperties(
    { client, log: () => readFile(join(options.home, 'node.log'), 'utf8') },
    Object.getOwnPropertyDescriptors(process),
  ) as LocalNode
}

/** Resolves when the node has that block. */
export function reaches(
  { name, client }: Pick<LocalNode, 'name' | 'client'>,
  height: number,
  timeoutMs = 30_000,
): Promise<StatusView> {
  const arrived = async () => {
    const status = await client.status()
    return status.height >= height && status
  }
  return until(`${name} reaches height ${height}`, arrived, timeoutMs)
}

export async function heightOf({ client }: Pick<LocalNode, 'client'>): Promise<number> {
  return (await client.status()).height
}
