import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLevelStore } from '../../adapters/level/level-store.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { emptyHash, pathOf } from '../../application/state-tree/node-hash.ts'
import { type Client, createClient } from '../../client/client.ts'
import { beginImport } from '../../engine/state-import.ts'
import { createNodeHome, homeFiles } from '../../node/config/node-home.ts'
import { utf8 } from '../../primitives/bytes.ts'
import { depthFor } from '../../sync/path-division.ts'
import { foundDevnet } from '../devnet/found-devnet.ts'
import { freePorts } from '../devnet/free-ports.ts'
import { loopbackHost } from '../devnet/loopback-host.ts'
import { createNodeProcess, type NodeProcess } from '../devnet/node-process.ts'
import { type Figure, figure } from './figure.ts'
import { entryOf } from './statesync/minting-application.ts'

const peers = 3
const mintedAtOnce = 10_000
const snapshotInterval = 40
const blockMs = 400
const waitMs = 240_000
const overrides = [
  `state.snapshot_interval_blocks=${snapshotInterval}`,
  'node.state_versions_kept=10',
  'node.rollback_blocks_max=10',
  'log.level=warn',
]

/**
 * How long a node without anything takes to have the state of a chain and to follow it, from three peers: all are processes of their
 * own, and the time is that from the start of the process on. The limit is the time in which the same entries are put into a state on
 * disk, by the same chunks, without a network and without proofs.
 */
export async function benchStateSync(entries: number, onProgress: (line: string) => void): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-statesync-'))
  const nodes: NodeProcess[] = []
  try {
    const application = fileURLToPath(import.meta.resolve('./statesync/minting-application.ts'))
    const consensus = { interval_ms: blockMs, empty_blocks: true }
    const devnet = await foundDevnet({ directory, validators: peers, application, consensus })
    nodes.push(...devnet.nodes.map((home) => createNodeProcess({ ...home, overrides, onExit: () => undefined })))
    await Promise.all(nodes.map((node) => node.start()))
    const clients = devnet.nodes.map(({ url }) => createClient(url))
    const height = await mint(clients, entries, onProgress)
    const offered = (Math.floor(height / snapshotInterval) + 1) * snapshotInterval
    for (const client of clients) await until(async () => (await client.status()).height > offered)
    onProgress('measuring the limit')
    const limit = await writeSeconds(join(directory, 'limit'), entries)
    onProgress(`a new node, from the state of height ${offered}`)
    const joiner = await createJoiner(directory, clients, devnet.nodes[0]?.home ?? '')
    nodes.push(joiner)
    const startedAt = performance.now()
    await joiner.start()
    const client = createClient(joiner.url)
    await until(async () => (await client.status()).height >= offered)
    const seconds = (performance.now() - startedAt) / 1000
    const status = await client.status()
    const fetched = (await readFile(join(joiner.home, 'node.log'), 'utf8')).includes('the state is there')
    if (!fetched) throw new Error(`the node took blocks instead: height ${status.height}`)
    return [
      figure('stateSyncSeconds', seconds, 's', limit),
      figure('stateSyncEntriesPerSecond', entries / seconds, 'entries/s', entries / limit),
      figure('stateSyncEntries', entries, 'entries'),
    ]
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    await rm(directory, { recursive: true, force: true })
  }
}

/** Resolves with the height at which every entry is in the state. */
async function mint(clients: readonly Client[], entries: number, onProgress: (line: string) => void): Promise<number> {
  const [client] = clients as [Client]
  await until(async () => (await client.status()).height >= 1)
  let height = 0
  for (let first = 0; first < entries; first += mintedAtOnce) {
    if (first % (10 * mintedAtOnce) === 0) onProgress(`entries ${first} of ${entries}`)
    const count = Math.min(mintedAtOnce, entries - first)
    const [result] = await client.submit([utf8(`mint ${first} ${count}`)])
    if (!result || !('id' in result)) throw new Error(`not taken: ${JSON.stringify(result)}`)
    const { id } = result
    await until(async () => {
      const found = await client.transaction(id).catch(() => undefined)
      height = found?.height ?? 0
      return height > 0
    })
  }
  return height
}

async function createJoiner(directory: string, clients: readonly Client[], founder: string): Promise<NodeProcess> {
  const home = join(directory, 'joiner')
  const [p2p, api] = (await freePorts(2)) as [number, number]
  const host = loopbackHost(200)
  const addresses = await Promise.all(clients.map(async (client) => (await client.status()).addresses[0] ?? ''))
  const trusted = await (clients[0] as Client).block(1)
  const nodeText = await readFile(join(founder, homeFiles.node), 'utf8')
  const application = /^application = "(.*)"$/m.exec(nodeText)?.[1]
  await createNodeHome({
    home,
    chainText: await readFile(join(founder, homeFiles.chain), 'utf8'),
    settings: {
      node: { ...(application !== undefined && { application }) },
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
  return createNodeProcess({ name: 'joiner', home, url: `http://127.0.0.1:${api}`, overrides: [], onExit: () => undefined })
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
