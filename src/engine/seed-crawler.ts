import type { ChainId } from '../chain/identifiers.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import { isBelievable, toldAddress } from '../peers/address-rules.ts'
import { readDialTarget, withPeer } from '../peers/dial-target.ts'
import { checkHello, type Hello, helloProofSchema, helloSchema, protocolVersions } from '../peers/hello.ts'
import { usableAddresses } from '../peers/listen-addresses.ts'
import { placeOf } from '../peers/network-group.ts'
import { peerListMessageSchema } from '../peers/peer-list.ts'
import { refusal } from '../peers/refusal.ts'
import type { TestedPeers } from '../peers/seeder/tested-peers.ts'
import { workPuzzle } from '../peers/work-challenge.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Entropy } from '../ports/entropy.ts'
import type { Network, NetworkHandlers, PeerId } from '../ports/network.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { type BoundedMap, createBoundedMap } from '../primitives/bounded-map.ts'
import { directoryCapability } from './directory.ts'
import { askDirectory } from './seed-directory.ts'
import { createWorkSolver } from './work-solver.ts'

/**
 * Walks through the network as a participant that only says hello: dials every address it hears of, notes who answers as a peer of this
 * chain and how high it stands, asks for a part of its address book, and leaves.
 */
export interface SeedCrawler {
  start(): Promise<void>
  /** Tests that have ended. */
  readonly tests: number
  /** Whether every address that it heard of has been tested, and no test is under way. */
  readonly isDone: boolean
  stop(): Promise<void>
}

export interface SeedCrawlerOptions {
  readonly ports: {
    readonly clock: Clock
    readonly entropy: Entropy
    readonly network: Network
    readonly telemetry: Telemetry
  }
  readonly chainId: ChainId
  readonly genesisRoot: Hash
  readonly agent: string
  /** Where the crawl begins. */
  readonly addresses: readonly string[]
  readonly peers: TestedPeers
}

const testsAtOnce = 16
/** Hellos of which no connection may have come are forgotten in their order. */
const visitsMax = 256
const tickMs = 200
const dialTimeoutMs = 8000
/** For the answer of a peer that has much to do. */
const listPatienceMs = 2500
const partPatienceMs = 1000
const solveWithinMs = 6000

/** A peer that is being tested. */
interface Visit {
  readonly hello: Hello
  listed: () => void
  parted: () => void
}

export function createSeedCrawler(options: SeedCrawlerOptions): SeedCrawler {
  const { peers, ports } = options
  const { clock, network, telemetry } = ports
  const visits: Visits = createBoundedMap(visitsMax)
  const active = new Set<Promise<void>>()
  let timer: Timer | undefined
  let running = false
  let tests = 0

  function learn(addresses: readonly string[], host: string): void {
    const direct = addresses.filter((address) => readDialTarget(address).kind !== 'name' && !address.includes(network.self))
    peers.learn(direct, placeOf(host).group, clock.now())
  }

  /** What the peer's part of the directory knows. */
  async function exploreFrom(peer: PeerId): Promise<void> {
    const host = network.peers().find(({ id }) => id === peer)?.host ?? ''
    const addresses = await askDirectory(ports, peer).catch(() => [])
    learn(
      addresses.filter((address) => isBelievable(readDialTarget(address), host)),
      host,
    )
  }

  async function test(address: string): Promise<void> {
    let height: number | undefined
    try {
      const peer = await network.connect(address, { timeoutMs: dialTimeoutMs })
      const visit = visits.get(peer)
      if (visit) {
        height = visit.hello.height
        const asked = visit.hello.capabilities.includes(directoryCapability) ? exploreFrom(peer) : undefined
        await within(clock, listPatienceMs, (done) => {
          visit.listed = done
          visit.parted = done
        })
        await asked
        if (readDialTarget(address).peer === undefined) learn([withPeer(address, peer)], readDialTarget(address).host)
        await within(clock, partPatienceMs, (done) => {
          if (!visits.has(peer)) return done()
          visit.parted = done
          network.disconnect(peer, 'tested')
        })
      }
    } catch (error) {
      telemetry.log('debug', 'an address does not answer', { address, error: String(error) })
    }
    tests += 1
    peers.tested(address, height, clock.now())
    telemetry.count('synod_seeder_tests_total', 1, { result: height === undefined ? 'failed' : 'answered' })
  }

  function tick(): void {
    for (const address of peers.due(clock.now(), testsAtOnce - active.size)) {
      const one: Promise<void> = test(address).finally(() => active.delete(one))
      active.add(one)
    }
    timer = running ? clock.schedule(tickMs, tick) : undefined
  }

  return {
    get tests() {
      return tests
    },
    get isDone() {
      return active.size === 0 && peers.untested === 0
    },
    async start() {
      await network.start(handlersOf(options, visits, learn))
      peers.learn(options.addresses, 'config', clock.now())
      running = true
      tick()
    },
    async stop() {
      running = false
      timer?.cancel()
      await network.stop()
    },
  }
}

type Visits = BoundedMap<PeerId, Visit>
type Learn = (addresses: readonly string[], host: string) => void

/** Says who asks and listens to the answers; serves nothing. */
function handlersOf(options: SeedCrawlerOptions, visits: Visits, learn: Learn): NetworkHandlers {
  const { network, telemetry } = options.ports
  const solver = createWorkSolver(options.ports)
  return {
    hello: () => encode(helloSchema, helloOf(options)),
    onHello(peer, bytes) {
      const decoded = decode(helloSchema, bytes.slice())
      const hello = decoded.ok ? checkHello(decoded.value, options) : decoded
      if (!hello.ok) return { accept: false, reason: hello.error.detail }
      visits.set(peer, { hello: hello.value, listed: () => undefined, parted: () => undefined })
      return { accept: true }
    },
    prove(verifier, bytes) {
      const asked = decode(helloSchema, bytes)
      if (!asked.ok || asked.value.work === 0) return undefined
      const { chainId, nonce, work } = asked.value
      const puzzle = workPuzzle({ chainId, verifier, prover: network.self, nonce })
      return solver
        .solve(puzzle, work, solveWithinMs)
        .then((counter) => encode(helloProofSchema, { work: counter, stake: undefined, extensions: [] }))
    },
    onConnected({ id, host }) {
      network.send(id, 'peers', encode(peerListMessageSchema, { type: 'ask' }))
      const claimed = visits.get(id)?.hello.listenAddresses ?? []
      learn(
        usableAddresses(claimed, id, host).map((address) => withPeer(address, id)),
        host,
      )
    },
    onDisconnected({ id }) {
      visits.get(id)?.parted()
      visits.delete(id)
    },
    onMessage(peer, channel, message) {
      if (channel !== 'peers') return
      const decoded = decode(peerListMessageSchema, message.slice())
      if (!decoded.ok || decoded.value.type !== 'told') return
      const host = network.peers().find(({ id }) => id === peer)?.host ?? ''
      learn(
        decoded.value.entries.flatMap(({ address }) => toldAddress(address, host) ?? []),
        host,
      )
      if (decoded.value.answer) visits.get(peer)?.listed()
    },
    onGossip: () => 'ignore',
    // biome-ignore lint/correctness/useYield: nothing is served.
    async *onRequest() {
      throw refusal('REQUEST_UNSUPPORTED', 'this is a seed, which only says hello')
    },
    onMisbehaviour: (peer, what) => telemetry.log('debug', 'a peer broke a rule', { peer, what }),
  }
}

function helloOf({ ports, chainId, genesisRoot, agent }: SeedCrawlerOptions): Hello {
  return {
    chainId,
    genesisRoot,
    protocolMin: protocolVersions.min,
    protocolMax: protocolVersions.max,
    capabilities: [],
    height: 0,
    listenAddresses: [],
    agent,
    nonce: ports.entropy.bytes(32),
    work: 0,
    grantsStake: false,
    stakeKey: undefined,
    extensions: [],
  }
}

/** Resolves when it is done, or the time is over. */
function within(clock: Clock, ms: number, begin: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const late = clock.schedule(ms, resolve)
    begin(() => {
      late.cancel()
      resolve()
    })
  })
}
