import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerIdOf } from '../../../adapters/libp2p/peer-id.ts'
import { systemEntropy } from '../../../adapters/system/system-entropy.ts'
import { unitsPerToken } from '../../../chain/transaction.ts'
import { type Client, createClient } from '../../../client/client.ts'
import { addressOf, encodeAddress } from '../../../crypto/address.ts'
import { blsKeypair } from '../../../crypto/bls.ts'
import { ed25519Keypair } from '../../../crypto/ed25519.ts'
import { renderChainFile } from '../../../node/config/chain-file.ts'
import { createNodeHome } from '../../../node/config/node-home.ts'
import { toHex } from '../../../primitives/bytes.ts'
import { freePorts } from '../../devnet/free-ports.ts'
import { createNodeProcess, type NodeProcess } from '../../devnet/node-process.ts'
import { benchHost } from './bench-host.ts'

/** Nodes of one chain, each a process on an address and in a network group of its own, as far as loopback has them. */
export interface LoopbackNetwork {
  readonly directory: string
  readonly nodes: readonly LoopbackNode[]
  /** A host that no node has, for whoever else takes part. */
  readonly spareHost: string
  /** One more, which follows; it is not started. @param discovery what stands in that table of its configuration. */
  add(discovery: Readonly<Record<string, unknown>>): Promise<LoopbackNode>
  /** Ends every process and removes every file. */
  stop(): Promise<void>
}

export interface LoopbackNode extends NodeProcess {
  readonly client: Client
  readonly peerId: string
  readonly host: string
  /** Where it listens, with its peer id. */
  readonly address: string
}

const validators = 4
const powerTokens = 10_000n
/** Nobody chose the passphrase: hashing it slowly would protect nothing. */
const keyCost = { passes: 1, memoryKib: 8 }
const portsFrom = 27_700
const sparePlace = 249

/** The homes of a network of which only the first four validate; all know nobody but the first. Nothing runs yet. */
export async function foundLoopbackNetwork(count: number): Promise<LoopbackNetwork> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-discovery-'))
  const passphrase = toHex(systemEntropy.bytes(32))
  const seeds = Array.from({ length: Math.min(validators, count) }, () => systemEntropy.bytes(32))
  const operators = seeds.map(() => encodeAddress('synod', addressOf(ed25519Keypair(systemEntropy.bytes(32)).publicKey)))
  const chainText = renderChainFile({
    preset: 'devnet',
    name: 'bench',
    genesisTime: Date.now(),
    consensus: { interval_ms: 1000, empty_blocks: true },
    validators: seeds.map((seed, index) => ({
      keypair: blsKeypair(seed),
      operator: operators[index] as string,
      powerUnits: powerTokens * unitsPerToken,
    })),
    accounts: operators.map((address) => ({ address, balanceUnits: 2n * powerTokens * unitsPerToken })),
  })
  const nodes: LoopbackNode[] = []

  async function add(discovery: Readonly<Record<string, unknown>>, peers: readonly string[] = []): Promise<LoopbackNode> {
    const index = nodes.length
    const host = benchHost(index)
    const [port, apiPort] = await freePorts(2, portsFrom + 2 * index, (place) => (place === 0 ? host : '127.0.0.1'))
    const listen = `/ip4/${host}/tcp/${port}`
    const name = `node${index}`
    const home = join(directory, name)
    const peer = systemEntropy.bytes(32)
    const settings = {
      node: { doppelganger_wait_ms: 0, verifier_workers: 0 },
      p2p: { listen: [listen], dial_from: host, peers },
      // On a network of loopback alone the table of nodes is off unless it is asked for.
      discovery: { dht: 'server', private_addresses: true, ...discovery },
      api: { port: apiPort as number },
    }
    const keys = { peer, validator: seeds[index] }
    await createNodeHome({ home, chainText, settings, seeds: keys, passphrase, storePassphrase: true, keyCost })
    const url = `http://127.0.0.1:${apiPort}`
    const process = createNodeProcess({ name, url, home, overrides: [], onExit: () => undefined })
    const peerId = await peerIdOf(peer)
    const node = Object.assign(process, { client: createClient(url), peerId, host, address: `${listen}/p2p/${peerId}` })
    nodes.push(node)
    return node
  }

  for (let index = 0; index < count; index++) await add({}, nodes[0] && [nodes[0].address])
  return {
    directory,
    nodes: [...nodes],
    spareHost: benchHost(sparePlace),
    add: (discovery) => add(discovery),
    async stop() {
      await Promise.all(nodes.map((node) => node.kill()))
      await rm(directory, { recursive: true, force: true })
    },
  }
}
