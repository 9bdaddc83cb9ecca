import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { peerIdOf } from '../../src/adapters/libp2p/peer-id.ts'
import { systemEntropy } from '../../src/adapters/system/system-entropy.ts'
import { unitsPerToken } from '../../src/chain/transaction.ts'
import { type Client, createClient } from '../../src/client/client.ts'
import { addressOf, encodeAddress } from '../../src/crypto/address.ts'
import { blsKeypair } from '../../src/crypto/bls.ts'
import { ed25519Keypair } from '../../src/crypto/ed25519.ts'
import { renderChainFile } from '../../src/node/config/chain-file.ts'
import { createNodeHome } from '../../src/node/config/node-home.ts'
import type { Bytes } from '../../src/primitives/bytes.ts'
import type { SettingValues } from '../../src/settings/render-template.ts'
import type { StartedRun } from '../e2e/support/run-synod.ts'
import { until } from '../e2e/support/until.ts'
import type { Host, Topology } from './topology.ts'

/** Nodes of one chain, each on a host of its own. */
export interface SynodNetwork {
  readonly chainText: string
  readonly nodes: readonly HostedNode[]
  /** A further node, which follows. */
  add(host: Host, settings?: Settings, chainText?: string): Promise<HostedNode>
}

export interface HostedNode {
  readonly host: Host
  readonly home: string
  readonly peerId: string
  /** Where it listens, with its peer id. */
  readonly address: string
  readonly client: Client
  /** Where the test reaches its API. */
  readonly url: string
  /** Returns when its API answers. @param words beyond those that every node has, such as settings that name nodes made later. */
  start(words?: readonly string[]): Promise<StartedRun>
  /** Ends it by SIGTERM, as an operator would. */
  stop(): Promise<void>
}

/** Settings by table, over those that every node of a test has. */
export type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Ways to find and be found that a test has not asked for. */
export const quiet: Settings = {}

/** The chain's own. */
const p2pPort = 26_600
const apiPort = 26_610
const launcher = fileURLToPath(new URL('../../bin/synod.js', import.meta.url))
/** Of two dozen nodes that start at once on two processors. */
const startMsMax = 120_000
const keyCost = { passes: 1, memoryKib: 8 }
const power = 10_000n * unitsPerToken

/**
 * The homes of a network whose first hosts validate; nothing runs yet.
 *
 * @param settingsOf what a node's settings are, by the nodes made before it.
 */
export async function foundSynodNetwork(
  topology: Topology,
  {
    hosts,
    validators,
    settingsOf = () => ({}),
  }: {
    readonly hosts: readonly Host[]
    readonly validators: number
    readonly settingsOf?: (before: readonly HostedNode[]) => Settings
  },
): Promise<SynodNetwork> {
  const seeds = hosts.slice(0, validators).map(() => systemEntropy.bytes(32))
  const operators = seeds.map(() => encodeAddress('synod', addressOf(ed25519Keypair(systemEntropy.bytes(32)).publicKey)))
  const chainText = renderChainFile({
    preset: 'devnet',
    name: 'rig',
    genesisTime: Date.now(),
    consensus: { interval_ms: 1000, empty_blocks: true },
    validators: seeds.map((seed, index) => ({ keypair: blsKeypair(seed), operator: operators[index] ?? '', powerUnits: power })),
    accounts: operators.map((address) => ({ address, balanceUnits: 2n * power })),
  })
  const nodes: HostedNode[] = []
  for (const [index, host] of hosts.entries())
    nodes.push(await createHostedNode(topology, { host, chainText, settings: settingsOf(nodes), validator: seeds[index] }))
  return {
    chainText,
    nodes,
    add: (host, settings = {}, otherText = chainText) =>
      createHostedNode(topology, { host, chainText: otherText, settings, validator: undefined }),
  }
}

async function createHostedNode(
  topology: Topology,
  {
    host,
    chainText,
    settings,
    validator,
  }: {
    readonly host: Host
    readonly chainText: string
    readonly settings: Settings
    readonly validator: Bytes | undefined
  },
): Promise<HostedNode> {
  const home = join(topology.directory, `${host.name}.home`)
  const seed = systemEntropy.bytes(32)
  const peerId = await peerIdOf(seed)
  await createNodeHome({
    home,
    chainText,
    settings: {
      ...settings,
      node: { doppelganger_wait_ms: 0, verifier_workers: 0, ...settings['node'] },
      p2p: { listen: [`/ip4/0.0.0.0/tcp/${p2pPort}`], ...settings['p2p'] },
      api: { port: apiPort, host: '0.0.0.0' },
    } as SettingValues,
    seeds: { peer: seed, validator },
    passphrase: 'a node of a test',
    storePassphrase: true,
    keyCost,
  })
  // All of them are asked from one place, which a window for each would make too many processes.
  const observer = await topology.observerOf(host)
  const url = await observer.urlOf(apiPort, observer === host ? '127.0.0.1' : host.address)
  const client = createClient(url)
  let run: StartedRun | undefined
  // The nodes of tests ask no router unless that is what is tested.
  const environment = { SYNOD_NAT_UPNP: String(settings['nat']?.['upnp'] === true) }
  return {
    host,
    home,
    peerId,
    address: `/ip4/${host.address}/tcp/${p2pPort}/p2p/${peerId}`,
    client,
    url,
    async start(words = []) {
      const answers = async () => (await client.status()).peerId === peerId
      run = await host.start([process.execPath, launcher, 'start', '--home', home, ...words], answers, {
        timeoutMs: startMsMax,
        environment,
      })
      return run
    },
    async stop() {
      await run?.kill('SIGTERM')
    },
  }
}

/** Starts nodes so many at a time, since each start takes a processor for a second. */
export async function startInTurns(nodes: readonly HostedNode[], atOnce = 2): Promise<void> {
  const waiting = [...nodes]
  const startNext = async (): Promise<void> => {
    for (let node = waiting.shift(); node; node = waiting.shift()) await node.start()
  }
  await Promise.all(Array.from({ length: atOnce }, startNext))
}

/** Milliseconds until something holds, by one clock. */
export async function timeUntil(what: string, holds: () => Promise<boolean>, timeoutMs: number): Promise<number> {
  const start = performance.now()
  await until(what, holds, timeoutMs)
  return Math.round(performance.now() - start)
}
