import { readDialTarget } from '../peers/dial-target.ts'
import type { Hello } from '../peers/hello.ts'
import { bareAddress, type Contact, contactOf } from '../peers/kademlia/contact.ts'
import { placeOfPeer, placeSharing } from '../peers/kademlia/distance.ts'
import type { PeerId } from '../ports/network.ts'
import type { DhtQuestions } from './dht-questions.ts'
import type { Ports } from './ports.ts'

/** A node that somebody told of, and what it said when it was asked itself. */
export interface CrawledNode {
  readonly peer: PeerId
  readonly addresses: readonly string[]
  readonly group: string
  /** It let this node in and said hello. */
  readonly reachable: boolean
  readonly agent: string
  /** 0 when it was not reached. */
  readonly height: number
  readonly protocolMax: number
  readonly capabilities: readonly string[]
  /** How many others it told of. */
  readonly told: number
}

export interface Crawl {
  /** Wall-clock time of its beginning, ms. */
  readonly at: number
  readonly durationMs: number
  /** False when there was more than may be asked, or than time for. */
  readonly complete: boolean
  readonly nodes: readonly CrawledNode[]
}

const nodesMax = 2000
const atOnce = 8
const durationMsMax = 120_000
/** A node's table is read bucket by bucket, from the farthest: so many reach all of a network of thousands. */
const bucketsAsked = 6

/** Asks everybody that can be found what it knows, and who it is. */
export async function crawlNetwork(options: {
  readonly ports: Ports
  readonly questions: Pick<DhtQuestions, 'find'>
  readonly start: readonly Contact[]
  readonly helloOf: (peer: PeerId) => Hello | undefined
  readonly isStopped: () => boolean
}): Promise<Crawl> {
  const { ports, questions, helloOf, isStopped } = options
  const { clock, entropy, network } = ports
  const began = clock.monotonic()
  const at = clock.now()
  const waiting: Contact[] = []
  const heard = new Set<string>([network.self])
  const nodes: CrawledNode[] = []
  const isTimeUp = () => isStopped() || clock.monotonic() - began > durationMsMax

  function hear(contacts: readonly Contact[]): void {
    for (const contact of contacts) {
      if (heard.has(contact.peer) || heard.size > nodesMax) continue
      heard.add(contact.peer)
      waiting.push(contact)
    }
  }

  async function look(contact: Contact): Promise<void> {
    const { peer, addresses, group } = contact
    const told = new Set<string>()
    let hello: Hello | undefined
    for (let bucket = 0; bucket < bucketsAsked; bucket++) {
      const found = await questions.find(contact, placeSharing(placeOfPeer(peer), bucket, entropy.bytes(32)), false)
      hello ??= helloOf(peer)
      if (!found) break
      hear(found.contacts)
      for (const each of found.contacts) told.add(each.peer)
      // It has told of all it knows.
      if (found.contacts.length < 20) break
    }
    const { agent = '', height = 0, protocolMax = 0, capabilities = [] } = hello ?? {}
    nodes.push({
      peer,
      addresses,
      group,
      reachable: hello !== undefined,
      agent,
      height,
      protocolMax,
      capabilities,
      told: told.size,
    })
  }

  async function work(): Promise<void> {
    while (!isTimeUp()) {
      const next = waiting.shift()
      if (!next) return
      await look(next)
    }
  }

  hear(options.start)
  // Whoever finds nothing to do ends; what is heard of later, the next round does.
  while (waiting.length > 0 && !isTimeUp()) await Promise.all(Array.from({ length: atOnce }, work))
  const complete = waiting.length === 0 && heard.size <= nodesMax
  return {
    at,
    durationMs: Math.round(clock.monotonic() - began),
    complete,
    nodes: nodes.sort((left, right) => (left.peer < right.peer ? -1 : 1)),
  }
}

/** Whom an address with a peer id at its end leads to. */
export function contactOfAddress(address: string): readonly Contact[] {
  const { peer } = readDialTarget(address)
  return peer === undefined ? [] : [contactOf(peer, [bareAddress(address)])]
}

/** One crawl at a time, and what the last one found. */
export function createCrawler(begin: () => Promise<Crawl>) {
  let underWay: Promise<Crawl> | undefined
  let last: Crawl | undefined

  async function run(): Promise<Crawl> {
    try {
      last = await begin()
      return last
    } finally {
      underWay = undefined
    }
  }

  return {
    crawl(): Promise<Crawl> {
      underWay ??= run()
      return underWay
    },
    crawled: () => ({ running: underWay !== undefined, last }),
  }
}
