import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadKeyFile } from '../../src/adapters/file/key-file.ts'
import { peerIdOf } from '../../src/adapters/libp2p/peer-id.ts'
import { connectSigner } from '../../src/adapters/signer/signer-connection.ts'
import { systemEntropy } from '../../src/adapters/system/system-entropy.ts'
import { prevote } from '../../src/chain/vote.ts'
import { freePorts } from '../../src/cli/devnet/free-ports.ts'
import { createNodeHome, homeFiles } from '../../src/node/config/node-home.ts'
import { signerIdentityOf } from '../../src/node/signer-identity.ts'
import type { Bytes } from '../../src/primitives/bytes.ts'
import {
  createLocalNode,
  foundLocalNetwork,
  heightOf,
  type LocalNetwork,
  type LocalNode,
  reaches,
} from './support/local-network.ts'
import { type StartedRun, startSynod } from './support/run-synod.ts'
import { stays, until } from './support/until.ts'

/** A validator whose key is in processes of its own, in a network that cannot do without its vote. */
let network: LocalNetwork
let node: LocalNode
let peerSeed: Bytes
let signers: readonly { readonly home: string; readonly port: number; readonly peer: string }[]
const processes: StartedRun[] = []

async function seedIn(home: string, kind: 'peer' | 'validator'): Promise<Bytes> {
  const passphrase = (await readFile(join(home, homeFiles.passphrase), 'utf8')).trim()
  const path = join(home, kind === 'peer' ? homeFiles.peerKey : homeFiles.validatorKey)
  return (await loadKeyFile({ path, kind, passphrase })) as Bytes
}

async function createSignerHome(name: string, validator: Bytes, port: number) {
  const home = join(network.directory, name)
  const peer = systemEntropy.bytes(32)
  const sealing = { passphrase: 'a signer of a test', storePassphrase: true, keyCost: { passes: 1, memoryKib: 8 } }
  await createNodeHome({ home, chainText: network.chainText, settings: {}, seeds: { peer, validator }, ...sealing })
  return { home, port, peer: await peerIdOf(peer) }
}

async function startSigner(index: number, forNode: string): Promise<StartedRun> {
  const { home, port } = signers[index] as (typeof signers)[number]
  const run = startSynod(['signer', '--home', home, '--listen', `127.0.0.1:${port}`, '--node', forNode])
  processes.push(run)
  await until('the signer listens', async () => run.output.includes('"address"'))
  return run
}

const addressOf = ({ port, peer }: { port: number; peer: string }) => `/ip4/127.0.0.1/tcp/${port}/p2p/${peer}`
const isSigning = async () => (await node.client.status()).signing
const nodeId = () => peerIdOf(peerSeed)

beforeAll(async () => {
  network = await foundLocalNetwork({ intervalMs: 100 })
  const [first, ...others] = network.nodes as [LocalNode, ...LocalNode[]]
  peerSeed = await seedIn(first.home, 'peer')
  const validator = await seedIn(first.home, 'validator')
  const ports = (await freePorts(2, 30_000 + Math.floor(Math.random() * 2000))) as [number, number]
  signers = await Promise.all(ports.map((port, index) => createSignerHome(`signer${index}`, validator, port)))
  const overrides = [`signer.addresses=${signers.map(addressOf).join(',')}`, 'signer.timeout_ms=1000']
  node = createLocalNode({ name: first.name, url: first.url, home: first.home, overrides })
  await startSigner(0, await nodeId())
  // One of four does not run: the rest is a quorum only together.
  await Promise.all([node, ...others.slice(1)].map((each) => each.start()))
  await reaches(node, 3, 60_000)
}, 120_000)
afterAll(async () => {
  await node?.stop()
  await Promise.all(processes.map((process) => process.kill('SIGKILL')))
  await network?.stop()
})

test('a signer that is killed takes the vote along, and brings it back', async () => {
  expect(await isSigning()).toBe(true)
  await processes[0]?.kill('SIGKILL')
  await until('the node does not sign', async () => !(await isSigning()))
  await stays('the height', () => heightOf(node), 1500)
  const metrics = await (await fetch(`${node.url}/metrics`)).text()
  expect(metrics).toMatch(/^synod_signer_connected(\{[^}]*\})? 0$/m)
  const height = await heightOf(node)
  await startSigner(0, await nodeId())
  await reaches(node, height + 5)
  expect(await isSigning()).toBe(true)
})

test('nobody else is signed for, and nothing twice', async () => {
  const [first] = signers as [(typeof signers)[number]]
  const dial = async (seed: Bytes) => {
    const identity = await signerIdentityOf(seed)
    return connectSigner({ address: { host: '127.0.0.1', ...first }, identity, timeoutMs: 5000, onEnd: () => undefined })
  }
  const { chainId } = network.chain
  const hello = { type: 'hello', version: 1, chainId, signers: 1, lastSigned: undefined } as const
  const stranger = await dial(systemEntropy.bytes(32))
  expect(await stranger.ask(hello)).toEqual({ type: 'refusal', code: 'SIGNER_PEER_UNKNOWN' })
  const double = await dial(peerSeed)
  const answer = await double.ask(hello)
  const key = answer.type === 'keys' && answer.keys[0]
  if (!key) throw new Error('no key is told')
  const vote = { kind: prevote, height: (await heightOf(node)) - 1, round: 0, blockHash: undefined } as const
  expect(await double.ask({ type: 'sign', key, subject: { type: 'vote', vote } })).toEqual({
    type: 'refusal',
    code: 'SIGNER_CONFLICT',
  })
  for (const connection of [stranger, double]) connection.end(new Error('over'))
})

test('the second signer takes over from the first, when it is told of the node', async () => {
  await Promise.all(processes.map((process) => process.kill('SIGKILL')))
  await until('the node does not sign', async () => !(await isSigning()))
  const wrong = await startSigner(1, signers[0]?.peer ?? '')
  await until('it turns the node away', async () => wrong.output.includes('SIGNER_PEER_UNKNOWN'))
  expect(await isSigning()).toBe(false)
  await wrong.kill()
  const height = await heightOf(node)
  await startSigner(1, await nodeId())
  await reaches(node, height + 5)
})

test('a node that starts without its signer follows the chain, and votes when one answers', async () => {
  await Promise.all(processes.map((process) => process.kill('SIGKILL')))
  await node.stop()
  await node.start()
  const [, idle] = network.nodes as [LocalNode, LocalNode]
  await idle.start()
  const { height } = await reaches(idle, 1, 60_000)
  await reaches(node, height + 5)
  expect(await isSigning()).toBe(false)
  await startSigner(0, await nodeId())
  await until('it signs', isSigning)
})
