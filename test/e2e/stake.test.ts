import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLibp2pNetwork } from '../../src/adapters/libp2p/libp2p-network.ts'
import { systemEntropy } from '../../src/adapters/system/system-entropy.ts'
import { loopbackHost } from '../../src/cli/devnet/loopback-host.ts'
import type { PeersView } from '../../src/client/views.ts'
import { decode, encode } from '../../src/codec/codec.ts'
import { ed25519Keypair } from '../../src/crypto/ed25519.ts'
import { homeFiles } from '../../src/node/config/node-home.ts'
import { type Hello, helloProofSchema, helloSchema } from '../../src/peers/hello.ts'
import { proveStake } from '../../src/peers/stake-proof.ts'
import type { Challenge } from '../../src/peers/work-challenge.ts'
import { type Bytes, fromHex, toHex } from '../../src/primitives/bytes.ts'
import { quietHandlers } from '../network/quiet-handlers.ts'
import { createLocalNode, foundLocalNetwork, type LocalNetwork, type LocalNode, reaches } from './support/local-network.ts'
import { runSynod } from './support/run-synod.ts'
import { stays, until } from './support/until.ts'

/**
 * Network keys, as operators come by them: one in the chain spec from the first block on, one delegated by a transaction. Nodes that
 * hold them are known to speak for stake, and have places of their own at a node that is full; who only names such a key is turned away.
 */
let network: LocalNetwork
/** Has room for one peer without stake and two with it; dials nobody. */
let crowded: LocalNode
/** The last, whose key the chain spec names, and the second, whose operator delegates one. */
let founder: LocalNode
let delegate: LocalNode
let keyOfGenesis: string

async function synod<T>(...words: readonly string[]): Promise<T> {
  const run = await runSynod([...words, '--json'])
  expect({ words, status: run.status, stderr: run.stderr }).toEqual({ words, status: 0, stderr: '' })
  return JSON.parse(run.stdout) as T
}

const stakedPeersOf = async ({ home }: LocalNode): Promise<readonly string[]> =>
  (await synod<PeersView>('peers', '--home', home)).peers.filter((peer) => peer.staked).map(({ id }) => id)
const idOf = async ({ client }: LocalNode): Promise<string> => (await client.status()).peerId

async function newNetworkKey({ home }: LocalNode): Promise<string> {
  return (await synod<{ publicKey: string }>('keys', 'new', 'network', '--home', home)).publicKey
}

beforeAll(async () => {
  network = await foundLocalNetwork({ intervalMs: 100 })
  const [first, second, third, last] = network.nodes as [LocalNode, LocalNode, LocalNode, LocalNode]
  const changed = ({ name, url, home }: LocalNode, ...overrides: readonly string[]) =>
    createLocalNode({ name, url, home, overrides })
  crowded = changed(first, 'p2p.connections_max=3', 'p2p.outbound_target=0', 'defence.reserved_slots=2')
  delegate = changed(second, 'p2p.network_key=network')
  founder = changed(last, 'p2p.network_key=network')
  keyOfGenesis = await newNetworkKey(founder)
  // The founder adds what the last validator's operator sent: the chain is another one by that, before it begins.
  const place = network.chainText.lastIndexOf('operator =')
  const chainText = `${network.chainText.slice(0, place)}network_key = "${keyOfGenesis}"\n${network.chainText.slice(place)}`
  await Promise.all(network.nodes.map(({ home }) => writeFile(join(home, homeFiles.chain), chainText)))
  const nodes = [crowded, second, third, founder]
  await Promise.all(nodes.map((node) => node.start()))
  await Promise.all(nodes.map((node) => reaches(node, 1, 120_000)))
}, 180_000)
afterAll(async () => {
  await Promise.all([crowded, delegate, founder].map((node) => node?.stop()))
  await network?.stop()
})

test('a key of the chain spec speaks for stake, without any transaction', async () => {
  const speaker = await idOf(founder)
  await until('it is known to speak for stake', async () => (await stakedPeersOf(crowded)).includes(speaker))
  expect(await stakedPeersOf(crowded)).toEqual([speaker])
})

test('a key that a transaction delegates has its place from then on, where others are one too many', async () => {
  const two = async () => (await crowded.client.peers()).peers.length === 2
  await until('of the two without stake one is in', two)
  const [former, operator] = [network.nodes[1] as LocalNode, network.accounts[1]?.name ?? '']
  await newNetworkKey(delegate)
  const words = ['tx', 'delegate', '--key', 'network', '--from', operator, '--wait', '--home', delegate.home]
  await synod(...words, '--api', delegate.url)
  expect(await stays('two peers', async () => (await crowded.client.peers()).peers.length, 1000)).toBe(2)
  await former.stop()
  await delegate.start()
  const speakers = await until('both tell their ids', () => Promise.all([founder, delegate].map(idOf)))
  const all = async () => (await stakedPeersOf(crowded)).filter((id) => speakers.includes(id)).length === 2
  await until('both are known to speak for stake', all, 60_000)
  const three = async () => (await crowded.client.peers()).peers.length === 3
  await until('and the one without stake is in as well', three, 60_000)
})

test('who names such a key and cannot sign with it is turned away, and its holder stays', async () => {
  const holder = await idOf(founder)
  const named = fromHex(keyOfGenesis) as Bytes
  const forger = { ...ed25519Keypair(systemEntropy.bytes(32)), publicKey: named }
  expect(await refusalOf(named, (challenge) => proveStake(forger, challenge))).toContain('HELLO_STAKE_INVALID')
  expect(await refusalOf(named, () => undefined)).toContain('HELLO_STAKE_INVALID')
  expect(await stakedPeersOf(crowded)).toContain(holder)
})

let strangers = 0

/** Introduces itself to the crowded node as the speaker of that key, proves it so, and tells how that ended. */
async function refusalOf(stakeKey: Bytes, prove: (challenge: Challenge) => Bytes | undefined): Promise<string> {
  strangers += 1
  const stranger = await createLibp2pNetwork({
    privateKeySeed: systemEntropy.bytes(32),
    listen: [],
    security: ['tls'],
    dialFrom: loopbackHost(3000 + strangers),
    chainTag: toHex(network.chain.chainId).slice(0, 16),
  })
  // What the node says of the chain is said back to it; the first attempt learns it and says nothing.
  let theirs: Hello | undefined
  await stranger.start({
    ...quietHandlers,
    hello: () =>
      theirs
        ? encode(helloSchema, {
            ...theirs,
            listenAddresses: [],
            nonce: systemEntropy.bytes(32),
            work: 0,
            grantsStake: false,
            stakeKey,
          })
        : new Uint8Array(0),
    onHello(_peer, bytes) {
      const decoded = decode(helloSchema, bytes)
      if (decoded.ok) theirs = decoded.value
      return { accept: true }
    },
    async prove(verifier, heard) {
      const decoded = decode(helloSchema, heard)
      if (!decoded.ok) throw new Error(decoded.error.code)
      const { chainId, nonce } = decoded.value
      return encode(helloProofSchema, {
        work: undefined,
        stake: prove({ chainId, verifier, prover: stranger.self, nonce }),
        extensions: [],
      })
    },
  })
  const [address = ''] = (await crowded.client.status()).addresses
  const attempt = () => stranger.connect(address).then(() => 'let in', String)
  try {
    await attempt()
    return await attempt()
  } finally {
    await stranger.stop()
  }
}
