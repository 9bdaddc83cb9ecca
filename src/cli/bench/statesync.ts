import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLevelStore } from '../../adapters/level/level-store.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { emptyHash, pathOf } from '../../application/state-tree/node-hash.ts'
import { type Client, createClient } from '../../client/client.ts'
import { beginImport } from '../../engine/state-import.ts'
import { createNodeHome } from '../../node/config/node-home.ts'
import { depthFor } from '../../sync/path-division.ts'
import { freePorts } from '../devnet/free-ports.ts'
import { loopbackHost } from '../devnet/loopback-host.ts'
import { createNodeProcess, type NodeProcess } from '../devnet/node-process.ts'
import { type Figure, figure } from './figure.ts'
import { foundServers } from './statesync/found-servers.ts'
import { entryOf } from './statesync/minting-application.ts'

const peers = 3
/** Entries come in with the first blocks; the state that is offered is that of the last. */
const blocks = 40
const blockMs = 1000
const waitMs = 400_000
const overrides = [
  `state.snapshot_interval_blocks=${blocks}`,
  'state.snapshots_kept=16',
  'node.state_versions_kept=10',
  'node.rollback_blocks_max=10',
  'log.level=warn',
]

/**
 * How long a node without anything takes to have the state of a chain and to follow it, from three validators that go on deciding blocks: all
 * are processes of their own, and the time is that from the start of the process to its tip being theirs. The limit is the time in which
 * the same entries are put into a state on disk, by the same chunks, without a network and without proofs.
 */
export async function benchStateSync(entries: number, onProgress: (line: string) => void): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-statesync-'))
  const nodes: NodeProcess[] = []
  try {
    onProgress('measuring the limit')
    const limit = await writeSeconds(join(directory, 'limit'), entries)
    onProgress(`making a chain with ${entries} entries`)
    const application = fileURLToPath(import.meta.resolve('./statesync/minting-application.ts'))
    const servers = await foundServers({ directory, servers: peers, entries, application, blocks, blockMs, overrides })
    nodes.push(...servers.nodes)
    await Promise.all(nodes.map((node) => node.start()))
    const clients = nodes.map(({ url }) => createClient(url))
    for (const client of clients) await until(async () => (await client.status()).height > blocks)
    onProgress(`a new node, from the state of height ${blocks}`)
    const joiner = await createJoiner({ directory, clients, chainText: servers.chainText, application })
    nodes.push(joiner)
    const startedAt = Date.now()
    await joiner.start()
    const tip = await tipReached(createClient(joiner.url), clients[0] as Client)
    const log = await readFile(join(joiner.home, 'node.log'), 'utf8')
    const began = timeOf(log, 'fetching the state of a block')
    const ended = timeOf(log, 'the state is there')
    const seconds = (tip - startedAt) / 1000
    const share = (from: number, to: number) => (to - from) / (tip - startedAt)
    return [
      figure('secondsToTip', seconds, 's', limit),
      figure('accountsPerSecond', entries / seconds, '1/s', entries / limit),
      figure('accounts', entries, ''),
      figure('shareStartAndTrust', share(startedAt, began), ''),
      figure('shareChunks', share(began, ended), ''),
      figure('shareBlocksAfter', share(ended, tip), ''),
    ]
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    await rm(directory, { recursive: true, force: true })
  }
}

/** Resolves with the time at which the new node's chain was as long as that of the others. */
async function tipReached(client: Client, other: Client): Promise<number> {
  await until(async () => {
    const [own, theirs] = await Promise.all([client.status(), other.status()])
    return own.height >= theirs.height
  })
  return Date.now()
}

/** When the node said this first. */
function timeOf(log: string, message: string): number {
  for (const line of log.split('\n')) {
    if (line.includes(`"${message}"`)) return (JSON.parse(line) as { time: number }).time
  }
  throw new Error(`the node did not say "${message}": ${log.slice(-2000)}`)
}

async function createJoiner(options: {
  readonly directory: string
  readonly clients: readonly Client[]
  readonly chainText: string
  readonly application: string
}): Promise<NodeProcess> {
  const home = join(options.directory, 'joiner')
  const [p2p, api] = (await freePorts(2)) as [number, number]
  const host = loopbackHost(200)
  const addresses = await Promise.all(options.clients.map(async (client) => (await client.status()).addresses[0] ?? ''))
  const trusted = await (options.clients[0] as Client).block(1)
  await createNodeHome({
    home,
    chainText: options.chainText,
    settings: {
      node: { application: options.application },
      p2p: { listen: [`/ip4/${host}/tcp/${p2p}`], dial_from: host, peers: addresses },
      api: { port: api },
      nat: { upnp: false },
      state: { sync: true, trust_height: 1, trust_hash: trusted?.hash ?? '' },
    },
    seeds: { peer: systemEntropy.bytes(32) },
    passphrase: 'a node of a measurement',
    storePassphrase: true,
    keyCost: { passes: 1, memoryKib: 8 },
  })
  const url = `http://127.0.0.1:${api}`
  return createNodeProcess({ name: 'joiner', home, url, overrides: ['log.format=json'], onExit: () => undefined })
}

/** Puts the entries into a state on disk, by the chunks in which they would come. */
async function writeSeconds(location: string, entries: number): Promise<number> {
  const depth = depthFor(entries)
  const chunks = Array.from({ length: 2 ** depth }, (): { path: Uint8Array; value: Uint8Array }[] => [])
  for (let index = 0; index < entries; index++) {
    const [key, value] = entryOf(index)
    const path = pathOf(key)
    const chunk = (((path[0] as number) << 8) | (path[1] as number)) >> (16 - depth)
    chunks[chunk]?.push({ path, value })
  }
  const store = await openLevelStore(location)
  const target = beginImport(store, { height: 1, root: emptyHash, depth }, 0)
  const startedAt = performance.now()
  for (const [chunk, content] of chunks.entries()) await target.add(chunk, content, true)
  const seconds = (performance.now() - startedAt) / 1000
  await store.close()
  return seconds
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + waitMs
  while (performance.now() < deadline) {
    if (await condition().catch(() => false)) return
    await new Promise((resume) => setTimeout(resume, 50))
  }
  throw new Error(`not within ${waitMs / 1000} s: ${condition}`)
}
