import { describe, expect, it } from 'vitest'
import type { ChainSpec } from '../chain/chain-spec.ts'
import { ed25519Keypair } from '../crypto/ed25519.ts'
import { type DnsAnswer, type DnsQuestion, noAnswer } from '../peers/dns-seeds/dns-answer.ts'
import { listToTexts } from '../peers/dns-seeds/list-texts.ts'
import { type SeedPeerList, signPeerList } from '../peers/dns-seeds/signed-peer-list.ts'
import { silence } from '../ports/telemetry.ts'
import { toHex } from '../primitives/bytes.ts'
import { createRandom, createSimulatedEntropy } from '../simulator/random.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createSimulatedResolver } from '../simulator/simulated-resolver.ts'
import type { AddressSource } from './discovery.ts'
import { createDnsSeeds } from './dns-seeds.ts'
import type { Ports } from './ports.ts'

const startMs = 1_800_000_000_000
const keypair = ed25519Keypair(new Uint8Array(32).fill(1))
const chainId = new Uint8Array(32).fill(3)
const peer = (index: number) => `/ip4/8.${index}.8.8/tcp/26600/p2p/12D3KooW${index}`

type Answers = (question: DnsQuestion) => DnsAnswer
interface World {
  /** By resolver. */
  readonly resolvers: Readonly<Record<string, Answers>>
  readonly seeds?: readonly string[]
  readonly keys?: readonly string[]
  readonly knowsOthers?: boolean
  readonly allowsPrivate?: boolean
  readonly outboundTarget?: number
}

function texts(...all: readonly string[]): DnsAnswer {
  return { ok: true, records: { kind: 'TXT', texts: all } }
}
function hosts(kind: 'A' | 'AAAA', ...addresses: readonly string[]): DnsAnswer {
  return { ok: true, records: { kind, addresses } }
}
function list(over: Partial<SeedPeerList> = {}, by = keypair): DnsAnswer {
  const content = {
    version: 1,
    chainId,
    sequence: 5,
    issuedAt: startMs,
    expiresAt: startMs + 86_400_000,
    addresses: [peer(1)],
  } as const
  return texts(...listToTexts(over.sequence ?? 5, signPeerList({ ...content, ...over }, by)))
}
/** Answers by name and kind; NXDOMAIN to all else. */
function named(entries: Readonly<Record<string, DnsAnswer>>): Answers {
  return ({ name, kind }) => entries[`${kind} ${name}`] ?? noAnswer('nxdomain')
}

function setUp(world: World) {
  const scheduler = createScheduler(startMs)
  const learnt: { addresses: readonly string[]; source: AddressSource }[] = []
  const asked: string[] = []
  const logged: string[] = []
  const counted: string[] = []
  const outbound: unknown[] = []
  const resolvers = Object.entries(world.resolvers).map(([name, answers]) =>
    createSimulatedResolver({
      scheduler,
      name,
      answer(question) {
        asked.push(`${question.kind} ${question.name}`)
        return answers(question)
      },
    }),
  )
  const ports = {
    clock: createSimulatedClock(scheduler, () => 0),
    entropy: createSimulatedEntropy(createRandom(1n)),
    network: { self: '12D3KooWself', addresses: () => ['/ip4/8.8.4.4/tcp/26600'], peers: () => outbound },
    telemetry: {
      ...silence,
      log: (_level: string, message: string) => void logged.push(message),
      count: (metric: string, _by: number, labels: object) => void counted.push([metric, ...Object.values(labels)].join(' ')),
    },
    resolvers,
  } as unknown as Ports
  const seeds = createDnsSeeds({
    ports,
    spec: { chain: { port: 26_600, seed_keys: world.keys ?? [toHex(keypair.publicKey)] } } as unknown as ChainSpec,
    chainId,
    settings: { seeds: world.seeds ?? ['seed.test'], allowsPrivate: world.allowsPrivate ?? false },
    outboundTarget: world.outboundTarget ?? 8,
    knowsOthers: () => world.knowsOthers ?? false,
    discovery: { learn: (addresses, source) => void learnt.push({ addresses, source }) },
  })
  seeds.start()
  const pass = (ms: number) => scheduler.run(scheduler.now() + ms)
  return { seeds, learnt, asked, logged, counted, outbound, pass, addresses: () => learnt.flatMap(({ addresses }) => addresses) }
}

/** Less than one round takes until the next. */
const roundMs = 1900
const timeoutMs = 2000
const plain = { 'A seed.test': hosts('A', '8.9.8.8'), 'AAAA seed.test': hosts('AAAA', '2a00:1450::9') }
const dnsaddr = { 'TXT _dnsaddr.seed.test': texts(`dnsaddr=${peer(2)}`, 'v=spf1 -all') }
const service = {
  'SRV _synod._tcp.seed.test': {
    ok: true,
    records: { kind: 'SRV', services: [{ target: 'n.seed.test', port: 30_000, priority: 0, weight: 0 }] },
  } as DnsAnswer,
  'A n.seed.test': hosts('A', '8.3.8.8'),
}
const signed = { 'TXT _synod-peers.seed.test': list() }
const fromPlain = ['/ip4/8.9.8.8/tcp/26600', '/ip6/2a00:1450::9/tcp/26600']

describe('of what a seed says the best is taken', () => {
  it.each([
    ['a signed list', { ...signed, ...dnsaddr, ...service, ...plain }, [peer(1)]],
    ['dnsaddr', { ...dnsaddr, ...service, ...plain }, [peer(2)]],
    ['a service', { ...service, ...plain }, ['/ip4/8.3.8.8/tcp/30000']],
    ['addresses at the chain’s port', plain, fromPlain],
    ['IPv6 alone', { 'AAAA seed.test': plain['AAAA seed.test'] }, fromPlain.slice(1)],
  ])('%s', async (_what, entries, expected) => {
    const { pass, addresses, learnt } = setUp({ resolvers: { one: named(entries) } })
    await pass(roundMs)
    expect(addresses()).toEqual(expected)
    expect(learnt[0]?.source).toEqual({ kind: 'seed', host: 'seed.test' })
  })

  it.each([
    ['forged', { 'TXT _synod-peers.seed.test': list({}, ed25519Keypair(new Uint8Array(32))) }, 'SEED_LIST_UNKNOWN_KEY'],
    [
      'expired',
      { 'TXT _synod-peers.seed.test': list({ expiresAt: startMs - 86_400_000, issuedAt: startMs - 2 * 86_400_000 }) },
      'SEED_LIST_EXPIRED',
    ],
    ['of another chain', { 'TXT _synod-peers.seed.test': list({ chainId: new Uint8Array(32) }) }, 'SEED_LIST_WRONG_CHAIN'],
    ['in pieces', { 'TXT _synod-peers.seed.test': texts('synod-peers=1;5;0;2;AAAA') }, 'SEED_LIST_MALFORMED'],
  ])('a list that is %s is refused, and the next kind taken', async (_what, entries, code) => {
    const { pass, addresses, counted, logged } = setUp({ resolvers: { one: named({ ...entries, ...dnsaddr }) } })
    await pass(roundMs)
    expect(addresses()).toEqual([peer(2)])
    expect(counted).toContain(`synod_rejections_total ${code}`)
    expect(logged).toContain('a DNS seed’s signed list is refused')
  })

  it('an older list does not follow a newer one', async () => {
    let over: Partial<SeedPeerList> = { sequence: 6 }
    const { pass, counted, addresses } = setUp({
      resolvers: { one: (question) => named({ 'TXT _synod-peers.seed.test': list(over), ...dnsaddr })(question) },
    })
    await pass(1000)
    over = { sequence: 5, issuedAt: startMs - 2 * 3_600_000 }
    await pass(20_000)
    expect(addresses()).toEqual([peer(1), ...Array(addresses().length - 1).fill(peer(2))])
    expect(counted).toContain('synod_rejections_total SEED_LIST_STALE')
  })

  it('nobody asks for a list where the chain names no key', async () => {
    const { pass, asked, addresses } = setUp({ keys: [], resolvers: { one: named({ ...signed, ...dnsaddr }) } })
    await pass(roundMs)
    expect(asked.some((each) => each.includes('_synod-peers'))).toBe(false)
    expect(addresses()).toEqual([peer(2)])
  })
})

describe('resolvers that do not help', () => {
  it.each(['nxdomain', 'no-data', 'servfail', 'refused', 'timeout', 'unreachable', 'malformed'] as const)(
    '%s: another one is enough',
    async (failure) => {
      const { pass, addresses, counted } = setUp({ resolvers: { bad: () => noAnswer(failure), good: named(signed) } })
      await pass(roundMs)
      expect(addresses()).toEqual([peer(1)])
      await pass(timeoutMs - roundMs)
      expect(counted).toContain(`synod_dns_questions_total A ${failure}`)
    },
  )

  it('one that is silent about texts alone costs no more than its own time', async () => {
    const silent: Answers = (question) => (question.kind === 'TXT' ? noAnswer('timeout') : named(plain)(question))
    const { pass, addresses } = setUp({ resolvers: { one: silent } })
    await pass(2100)
    expect(addresses()).toEqual(fromPlain)
  })

  it('a captive one, with one address for everything, is believed in what is signed alone', async () => {
    const captive: Answers = ({ kind }) => (kind === 'A' ? hosts('A', '8.8.8.8') : noAnswer('no-data'))
    const first = setUp({ resolvers: { captive } })
    await first.pass(roundMs)
    expect(first.addresses()).toEqual([])
    expect(first.logged).toContain('a resolver has an address for every name: what it says of seeds is not believed')
    const passesLists: Answers = (question) =>
      question.kind === 'TXT' ? named({ ...signed, ...dnsaddr })(question) : captive(question)
    const second = setUp({ resolvers: { passesLists } })
    await second.pass(roundMs)
    expect(second.addresses()).toEqual([peer(1)])
  })

  it('poison of one fills no more than its share, and leaves the others theirs', async () => {
    const poison: Answers = ({ name, kind }) => {
      if (name.endsWith('.invalid')) return noAnswer('nxdomain')
      if (kind === 'TXT')
        return texts(
          ...Array.from({ length: 10_000 }, (_, index) => `dnsaddr=/ip4/${20 + (index % 80)}.${index % 250}.1.1/tcp/26600`),
        )
      return hosts('A', ...Array.from({ length: 10_000 }, (_, index) => `${20 + (index % 80)}.${index % 250}.1.1`))
    }
    const seeds = Array.from({ length: 16 }, (_, index) => `seed${index}.test`)
    const honest = named(
      Object.fromEntries(seeds.map((seed, index) => [`TXT _dnsaddr.${seed}`, texts(`dnsaddr=${peer(100 + index)}`)])),
    )
    const { pass, addresses, learnt } = setUp({ seeds, resolvers: { poison, honest } })
    await pass(roundMs)
    expect(addresses().length).toBe(128 + seeds.length)
    expect(addresses()).toEqual(expect.arrayContaining(seeds.map((_, index) => peer(100 + index))))
    for (const { addresses: told } of learnt) expect(told.length).toBeLessThanOrEqual(32)
  })

  it('private addresses are not believed, but for whom the operator asks, of who stands there', async () => {
    const entries = { 'A seed.test': hosts('A', '10.0.0.1', '127.0.0.1', '8.8.4.4') }
    const open = setUp({ resolvers: { '10.0.0.53': named(entries) } })
    await open.pass(roundMs)
    expect(open.addresses()).toEqual([])
    const closed = setUp({ allowsPrivate: true, resolvers: { '10.0.0.53': named(entries) } })
    await closed.pass(roundMs)
    expect(closed.learnt[0]).toEqual({
      addresses: ['/ip4/10.0.0.1/tcp/26600', '/ip4/127.0.0.1/tcp/26600'],
      source: { kind: 'seed', host: '10.0.0.53' },
    })
  })
})

describe('when seeds are asked', () => {
  const rounds = (asked: readonly string[]) => asked.filter((each) => each === 'SRV _synod._tcp.seed.test').length

  it('at once where nothing is known, later where something is, never where enough are connected or none are wanted', async () => {
    const fresh = setUp({ resolvers: { one: named({}) } })
    await fresh.pass(100)
    expect(rounds(fresh.asked)).toBe(1)
    const known = setUp({ knowsOthers: true, resolvers: { one: named({}) } })
    await known.pass(9_000)
    expect(rounds(known.asked)).toBe(0)
    await known.pass(2_000)
    expect(rounds(known.asked)).toBe(1)
    const full = setUp({ knowsOthers: true, resolvers: { one: named({}) } })
    full.outbound.push(...Array(4).fill({ direction: 'outbound' }))
    const unwanted = setUp({ outboundTarget: 0, resolvers: { one: named({}) } })
    const nowhere = setUp({ seeds: [], resolvers: { one: named({}) } })
    for (const each of [full, unwanted, nowhere]) {
      await each.pass(3_600_000)
      expect(each.asked).toEqual([])
    }
  })

  it('ever less often, and not after the stop', async () => {
    const { seeds, asked, pass } = setUp({ resolvers: { one: named({}) } })
    await pass(60_000)
    const inFirst = rounds(asked)
    expect(inFirst).toBeGreaterThanOrEqual(4)
    await pass(3_600_000)
    const later = rounds(asked) - inFirst
    expect(later).toBeGreaterThanOrEqual(3)
    expect(later).toBeLessThanOrEqual(10)
    seeds.stop()
    await pass(7_200_000)
    expect(rounds(asked)).toBe(inFirst + later)
  })

  it('again soon when peers are lost that were enough', async () => {
    const { asked, outbound, pass } = setUp({ knowsOthers: true, resolvers: { one: named({}) } })
    outbound.push(...Array(4).fill({ direction: 'outbound' }))
    await pass(3_600_000)
    outbound.length = 0
    await pass(10_000)
    expect(rounds(asked)).toBeGreaterThanOrEqual(1)
  })
})
