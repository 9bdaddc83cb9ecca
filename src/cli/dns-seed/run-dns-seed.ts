import { type DnsServer, startDnsServer } from '../../adapters/dns/dns-server.ts'
import { lockDirectory } from '../../adapters/file/directory-lock.ts'
import { openFileDisk } from '../../adapters/file/file-disk.ts'
import { openLevelStore } from '../../adapters/level/level-store.ts'
import { createLibp2pNetwork } from '../../adapters/libp2p/libp2p-network.ts'
import { createSystemClock } from '../../adapters/system/system-clock.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { createNodeTelemetry, type NodeTelemetry } from '../../adapters/telemetry/node-telemetry.ts'
import { compressionDictionaries } from '../../chain/compression-dictionaries.ts'
import { genesisRootOf } from '../../engine/genesis-root.ts'
import { seederMetrics } from '../../engine/metrics-catalogue.ts'
import { createSeedCrawler, type SeedCrawler } from '../../engine/seed-crawler.ts'
import { openSeedTable, type SeedTable } from '../../engine/seed-table.ts'
import { type LoadedChain, loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig, type NodeHome } from '../../node/config/load-node-config.ts'
import { createNameServer, type NameServer } from '../../peers/seeder/name-server.ts'
import { toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import type { Console } from '../frame/command.ts'
import { productVersion } from '../frame/product-version.ts'
import { readOrMakeSeedKey } from './seed-key.ts'
import type { SeedSettings } from './seed-settings.ts'
import { startStatusServer } from './status-server.ts'
import { createZoneKeeper, writeZoneFile, type ZoneKeeper } from './zone-keeper.ts'

const refreshMs = 1000
const dayMs = 86_400_000
const reportEveryMs = 10_000
/** Questions that a network may ask at once, in seconds of its rate. */
const burstSeconds = 5

/** Crawls, serves and tells until it is told to stop. Resolves to the exit status. */
export async function runDnsSeed(settings: SeedSettings, console: Console): Promise<number> {
  const undo: (() => Promise<void>)[] = []
  const clock = createSystemClock()
  const toldToStop = new Promise<void>((resolve) => process.once('SIGTERM', resolve).once('SIGINT', resolve))
  try {
    const home = await loadNodeConfig({ home: settings.home, environment: console.environment })
    const chain = await loadChain(home)
    const key = settings.keyFile === undefined ? undefined : await readOrMakeSeedKey(settings.keyFile)
    if (key) console.err(`Lists are signed by ${toHex(key.publicKey)}: the chain spec names it in chain.seed_keys.\n`)
    if (settings.addresses.length === 0 && settings.nameServers.some((name) => name.endsWith(`.${settings.zone}`))) {
      console.err(`A name server within ${settings.zone} has no address there: give --address.\n`)
    }
    const telemetry = createNodeTelemetry({
      level: home.config.log.level === 'debug' ? 'debug' : 'warn',
      format: 'text',
      destination: process.stderr,
      catalogue: seederMetrics,
      node: settings.zone,
    })
    const table = await openTable(settings, telemetry, undo)
    const crawler = await openCrawler({ settings, home, chain, telemetry, table, undo })
    const keeper = createZoneKeeper({ settings, ...chain, peers: table.peers, key })
    const server = createNameServer({
      queries: tokenBucketPolicy(settings.questionsPerSecond, 1000, settings.questionsPerSecond * burstSeconds),
      amplificationMax: settings.amplificationMax,
    })
    server.serve(keeper.refresh(clock.now()))
    const listening = await listen(settings, server, telemetry, undo)
    for (const address of listening) console.err(`Serving ${settings.zone} at ${address}.\n`)
    const status = () => statusOf(settings, { table, crawler, keeper, listening })
    if (settings.metrics) {
      const http = await startStatusServer({ ...settings.metrics, metrics: telemetry, status })
      undo.push(() => http.stop())
      console.err(`Metrics and status are at ${http.url}.\n`)
    }
    await crawler.start()
    await work({ settings, console, telemetry, table, crawler, keeper, server, status, toldToStop })
    return 0
  } finally {
    for (let last = undo.pop(); last; last = undo.pop()) await last()
  }
}

async function openTable(settings: SeedSettings, telemetry: NodeTelemetry, undo: (() => Promise<void>)[]): Promise<SeedTable> {
  const { stateDirectory: directory, intervalMs } = settings
  const lock = await lockDirectory(directory)
  undo.push(async () => lock.release())
  const disk = await openFileDisk({ directory, openStore: openLevelStore })
  const table = await openSeedTable({ clock: createSystemClock(), disk, telemetry }, { intervalMs, intervalMaxMs: dayMs })
  undo.push(() => table.stop())
  return table
}

async function openCrawler(options: {
  readonly settings: SeedSettings
  readonly home: NodeHome
  readonly chain: LoadedChain
  readonly telemetry: NodeTelemetry
  readonly table: SeedTable
  readonly undo: (() => Promise<void>)[]
}): Promise<SeedCrawler> {
  const { settings, chain, telemetry, table } = options
  const { p2p } = options.home.config
  const addresses = [...settings.peers, ...p2p.peers]
  if (addresses.length === 0 && table.peers.size === 0) {
    throw new OperationalError('USAGE_INVALID', 'There is no peer to begin with: give --peer, or p2p.peers in node.toml.')
  }
  const dialFrom = settings.dialFrom ?? p2p.dial_from
  const network = await createLibp2pNetwork({
    privateKeySeed: systemEntropy.bytes(32),
    listen: [],
    security: p2p.security,
    requireHybrid: p2p.require_hybrid,
    transports: p2p.transports,
    ...(dialFrom !== undefined && { dialFrom }),
    chainTag: toHex(chain.chainId).slice(0, 16),
    gossipChannels: [],
    dictionaries: compressionDictionaries(chain.chainId),
  })
  const crawler = createSeedCrawler({
    ports: { clock: createSystemClock(), entropy: systemEntropy, network, telemetry },
    chainId: chain.chainId,
    genesisRoot: await genesisRootOf(chain.spec, chain.application),
    agent: `synod-seed/${productVersion()}`,
    addresses,
    peers: table.peers,
  })
  options.undo.push(() => crawler.stop())
  return crawler
}

async function listen(
  settings: SeedSettings,
  server: NameServer,
  telemetry: NodeTelemetry,
  undo: (() => Promise<void>)[],
): Promise<readonly string[]> {
  const servers: DnsServer[] = []
  for (const { host, port } of settings.listen) {
    const started = await startDnsServer({
      host,
      port,
      answer(message, from) {
        const answered = server.answer(message, from, performance.now())
        const { transport } = from
        telemetry.count('synod_seeder_queries_total', 1, { transport, outcome: answered?.outcome ?? 'dropped' })
        telemetry.count('synod_seeder_bytes_total', message.length, { direction: 'in' })
        if (answered) telemetry.count('synod_seeder_bytes_total', answered.bytes.length, { direction: 'out' })
        return answered?.bytes
      },
    })
    undo.push(() => started.stop())
    servers.push(started)
  }
  return servers.map(({ address }) => address)
}

/** Keeps what is served up to date, and tells how it goes. */
async function work(options: {
  readonly settings: SeedSettings
  readonly console: Console
  readonly telemetry: NodeTelemetry
  readonly table: SeedTable
  readonly crawler: SeedCrawler
  readonly keeper: ZoneKeeper
  readonly server: NameServer
  readonly status: () => object
  readonly toldToStop: Promise<void>
}): Promise<void> {
  const { settings, console, telemetry, table, crawler, keeper, server, status, toldToStop } = options
  let stopping = false
  void toldToStop.then(() => (stopping = true))
  let exported: unknown
  let reported = { at: Number.NEGATIVE_INFINITY, line: '' }
  while (!stopping) {
    const isDone = settings.once && crawler.tests > 0 && crawler.isDone
    const zone = keeper.refresh(Date.now())
    server.serve(zone)
    telemetry.gauge('synod_seeder_peers', table.peers.size, { state: 'known' })
    telemetry.gauge('synod_seeder_peers', keeper.served, { state: 'good' })
    if (settings.exportFile !== undefined && zone !== exported && (keeper.served > 0 || isDone)) {
      await writeZoneFile(settings.exportFile, zone)
      exported = zone
    }
    const line = `${settings.zone}: ${table.peers.size} addresses known, ${keeper.served} good.`
    if (isDone || (line !== reported.line && performance.now() - reported.at > reportEveryMs)) {
      reported = { at: performance.now(), line }
      if (settings.json) console.out(`${JSON.stringify(status())}\n`)
      else console.err(`${line}\n`)
    }
    if (isDone) return
    await Promise.race([toldToStop, new Promise((resume) => setTimeout(resume, refreshMs))])
  }
  if (settings.json) console.out(`${JSON.stringify(status())}\n`)
}

function statusOf(
  settings: SeedSettings,
  {
    table,
    crawler,
    keeper,
    listening,
  }: {
    readonly table: SeedTable
    readonly crawler: SeedCrawler
    readonly keeper: ZoneKeeper
    readonly listening: readonly string[]
  },
): object {
  const { list } = keeper
  return {
    zone: settings.zone,
    listening,
    known: table.peers.size,
    good: keeper.served,
    tests: crawler.tests,
    list: list ? { sequence: list.sequence, expiresAt: list.expiresAt, addresses: list.addresses } : null,
  }
}
