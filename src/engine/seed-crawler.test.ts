import { expect, it } from 'vitest'
import { quietHandlers } from '../../test/network/quiet-handlers.ts'
import { decode, encode } from '../codec/codec.ts'
import { type Hello, helloProofSchema, helloSchema, protocolVersions } from '../peers/hello.ts'
import { bareAddress } from '../peers/kademlia/contact.ts'
import { dhtAnswerSchema, dhtRequestSchema } from '../peers/kademlia/dht-message.ts'
import { createTestedPeers } from '../peers/seeder/tested-peers.ts'
import type { NetworkHandlers } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import { createRandom, createSimulatedEntropy } from '../simulator/random.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createSimulatedInternet } from '../simulator/simulated-internet.ts'
import { createSeedCrawler } from './seed-crawler.ts'

const startMs = 1_800_000_000_000
const chainId = new Uint8Array(32).fill(1)
const genesisRoot = new Uint8Array(32).fill(2)

const hello = (over: Partial<Hello>): Hello => ({
  chainId,
  genesisRoot,
  protocolMin: protocolVersions.min,
  protocolMax: protocolVersions.max,
  capabilities: [],
  height: 7,
  listenAddresses: [],
  agent: 'test',
  nonce: new Uint8Array(32),
  work: 0,
  grantsStake: false,
  stakeKey: undefined,
  extensions: [],
  ...over,
})

/** A node that says one hello and accepts whatever it hears. */
function handlers(said: Uint8Array, parted: string[]): NetworkHandlers {
  const read = decode(helloSchema, said)
  const wantsWork = read.ok && read.value.work > 0
  return {
    ...quietHandlers,
    hello: () => said,
    onHello: () => (wantsWork ? { proofWithinMs: 10_000 } : { accept: true }),
    onProof: (_peer, proof) => (decode(helloProofSchema, proof).ok ? { accept: true } : { accept: false, reason: 'no proof' }),
    onDisconnected: (peer, reason) => void parted.push(`${peer.id} ${reason}`),
  }
}

/** @param hidden a node that only the others' directory knows. */
async function crawl(nodes: Readonly<Record<string, Uint8Array>>, hidden?: string) {
  const scheduler = createScheduler(startMs)
  const internet = createSimulatedInternet({ scheduler, weather: () => 5, reachable: () => true })
  const parted: string[] = []
  for (const [name, said] of Object.entries(nodes)) {
    await internet.join(name).start({
      ...handlers(said, parted),
      async *onRequest(_peer, protocol, message) {
        const question = decode(dhtRequestSchema, message)
        if (protocol !== 'dht' || !question.ok || hidden === undefined || hidden === name) throw new Error('nothing')
        yield encode(dhtAnswerSchema, {
          type: 'found',
          peers: [{ peer: hidden, addresses: [bareAddress(internet.addressOf(hidden))] }],
          records: [],
        })
      },
    })
  }
  const peers = createTestedPeers({ intervalMs: 60_000, intervalMaxMs: 600_000 })
  const crawler = createSeedCrawler({
    ports: {
      clock: createSimulatedClock(scheduler, () => 0),
      entropy: createSimulatedEntropy(createRandom(1n)),
      network: internet.join('seeder'),
      telemetry: silence,
    },
    chainId,
    genesisRoot,
    agent: 'seeder',
    addresses: [...Object.keys(nodes).filter((name) => name !== hidden), 'nobody'].map((name) => internet.addressOf(name)),
    peers,
  })
  await crawler.start()
  await scheduler.run(startMs + 30_000)
  const result = {
    tests: crawler.tests,
    isDone: crawler.isDone,
    good: peers.good().map(({ address }) => address.split('/').at(-1)),
  }
  await crawler.stop()
  return { ...result, parted }
}

it('finds who answers as a peer of this chain, and takes its leave', async () => {
  const { tests, isDone, good, parted } = await crawl({
    honest: encode(helloSchema, hello({})),
    otherChain: encode(helloSchema, hello({ chainId: genesisRoot })),
    otherGenesis: encode(helloSchema, hello({ genesisRoot: chainId })),
    nonsense: new Uint8Array(9),
  })
  expect({ tests, isDone, good }).toEqual({ tests: 5, isDone: true, good: ['honest'] })
  expect(parted).toContain('seeder tested')
})

it('does the work that a strained peer asks for', async () => {
  const { good } = await crawl({ strained: encode(helloSchema, hello({ work: 64 })) })
  expect(good).toEqual(['strained'])
})

it('goes on to whom the directory of a peer knows', async () => {
  const said = encode(helloSchema, hello({ capabilities: ['dht'] }))
  const { good } = await crawl({ known: said, hidden: said }, 'hidden')
  expect(new Set(good)).toEqual(new Set(['known', 'hidden']))
})
