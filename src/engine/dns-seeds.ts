import type { ChainSpec } from '../chain/chain-spec.ts'
import type { ChainId } from '../chain/identifiers.ts'
import { type BackOffPolicy, createBackOff } from '../peers/back-off.ts'
import { type VerifiedPeerList, verifyPeerList } from '../peers/dns-seeds/signed-peer-list.ts'
import type { Timer } from '../ports/clock.ts'
import type { Resolver } from '../ports/resolver.ts'
import { type Bytes, bytesKey, fromHex } from '../primitives/bytes.ts'
import type { Discovery } from './discovery.ts'
import type { Ports } from './ports.ts'
import { askSeed, asksCaptive, type SeedInquiry } from './seed-inquiry.ts'

/** What the operator, or else the chain, says of DNS seeds. */
export interface DnsSeedSettings {
  readonly seeds: readonly string[]
  readonly allowsPrivate: boolean
}

/**
 * Asks DNS seeds for peers while there are too few: at once where nothing else is known, otherwise after others had their chance, and
 * then ever less often. Every seed is asked through every resolver, and each of them can fill only so much. Spec: docs/spec/discovery.md.
 */
export interface DnsSeeds {
  start(): void
  stop(): void
}

export interface DnsSeedOptions {
  readonly ports: Ports
  readonly spec: ChainSpec
  readonly chainId: ChainId
  readonly settings: DnsSeedSettings
  /** Connections that this node keeps by dialling; 0: it dials only whom its operator names. */
  readonly outboundTarget: number
  /** Whether somebody else than the seeds may lead to peers. */
  readonly knowsOthers: () => boolean
  readonly discovery: Pick<Discovery, 'learn'>
}

/** With so many peers of its own choice a node finds the others by itself. */
const outboundWanted = 4
/** What else is known has this long to lead to peers. */
const patienceMs = 10_000
const backOffPolicy: BackOffPolicy = { firstMs: 2000, maxMs: 1_800_000, flapsMax: 0 }
/** Of one round, through one resolver: it can make up the answers of every seed, and must leave room for what others say. */
const perResolverMax = 128

export function createDnsSeeds(options: DnsSeedOptions): DnsSeeds {
  const { ports, settings, outboundTarget, knowsOthers } = options
  const { clock, entropy, network, telemetry, resolvers = [] } = ports
  const backOff = createBackOff(backOffPolicy)
  const verify = listVerifier(options)
  const wanted = Math.min(outboundWanted, outboundTarget)
  const isOn = settings.seeds.length > 0 && resolvers.length > 0 && wanted > 0
  let timer: Timer | undefined
  let running = false

  const isShort = () => network.peers().filter(({ direction }) => direction === 'outbound').length < wanted

  function later(delayMs: number): void {
    if (running) timer = clock.schedule(delayMs, () => void round())
  }

  async function round(): Promise<void> {
    if (isShort()) await askAll()
    else backOff.succeeded(clock.monotonic())
    const [chance = 0] = entropy.bytes(1)
    later(backOff.failed(chance / 0xff))
  }

  async function askAll(): Promise<void> {
    const results = new Map<string, number>()
    const counts = await Promise.all(resolvers.map((resolver) => askThrough(resolver, results)))
    const addresses = counts.reduce((sum, count) => sum + count, 0)
    const answers = [...results].map(([result, count]) => `${result} ${count}`).join(', ')
    telemetry.log(addresses > 0 ? 'info' : 'warn', 'asked the DNS seeds for peers', { addresses, answers })
  }

  /** Returns how many addresses it told of. @param results of all questions but the one whose answer must be that there is none. */
  async function askThrough(resolver: Resolver, results: Map<string, number>): Promise<number> {
    const inquiry = inquiryOf(options, resolver, verify)
    const isCaptive = asksCaptive(inquiry, entropy.bytes(12))
    const counting: SeedInquiry = {
      ...inquiry,
      onAnswer(question, answer) {
        inquiry.onAnswer(question, answer)
        const result = answer.ok ? 'answer' : answer.failure
        results.set(result, (results.get(result) ?? 0) + 1)
      },
    }
    let told = 0
    await Promise.all(
      settings.seeds.map(async (seed) => {
        const finding = await askSeed(counting, seed, isCaptive)
        if (!finding || !running) return
        const addresses = finding.addresses.slice(0, perResolverMax - told)
        told += addresses.length
        telemetry.count('synod_dns_seed_addresses_total', addresses.length, { kind: finding.kind })
        // Private addresses are believed of who stands on the private network.
        options.discovery.learn(addresses, { kind: 'seed', host: settings.allowsPrivate ? resolver.host : seed })
      }),
    )
    if (await isCaptive) {
      telemetry.log('warn', 'a resolver has an address for every name: what it says of seeds is not believed', {
        resolver: resolver.name,
      })
    }
    return told
  }

  return {
    start() {
      running = true
      if (isOn) later(knowsOthers() ? patienceMs : 0)
    },
    stop() {
      running = false
      timer?.cancel()
    },
  }
}

function inquiryOf({ ports, spec, settings }: DnsSeedOptions, resolver: Resolver, verify: SeedInquiry['verify']): SeedInquiry {
  const { network, telemetry } = ports
  return {
    resolver,
    rules: { port: spec.chain.port, allowsPrivate: settings.allowsPrivate, self: network.self, own: network.addresses() },
    verify,
    onAnswer({ kind }, answer) {
      telemetry.count('synod_dns_questions_total', 1, { kind, result: answer.ok ? 'answer' : answer.failure })
    },
    onRefused({ code, detail }) {
      telemetry.count('synod_rejections_total', 1, { code })
      telemetry.log('warn', 'a DNS seed’s signed list is refused', { code, detail, resolver: resolver.name })
    },
  }
}

/** Remembers the newest list of each key, so that an older one cannot follow it. */
function listVerifier({ ports: { clock }, spec, chainId }: DnsSeedOptions): SeedInquiry['verify'] {
  const keys = spec.chain.seed_keys.map((key) => fromHex(key) as Bytes)
  if (keys.length === 0) return undefined
  const newest = new Map<string, VerifiedPeerList>()
  return (published) => {
    const newestOf = (signer: Bytes) => newest.get(bytesKey(signer))
    const list = verifyPeerList(published, { chainId, keys, now: clock.now(), newestOf })
    if (list.ok && list.value.sequence > (newestOf(list.value.signer)?.sequence ?? -1))
      newest.set(bytesKey(list.value.signer), list.value)
    return list
  }
}
