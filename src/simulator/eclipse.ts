import { type AddressBook, createAddressBook } from '../peers/address-book/address-book.ts'
import { anchorsMax, decodeBook, encodeBook } from '../peers/address-book/book-file.ts'
import { createDialPlan, type DialPlan } from '../peers/dial-plan.ts'
import { readDialTarget } from '../peers/dial-target.ts'
import { placeOf } from '../peers/network-group.ts'
import { assert } from '../primitives/assert.ts'
import { createRandom, createSimulatedEntropy, type Random } from './random.ts'

/**
 * An attempt to surround a node: an attacker with many addresses in few network groups, at each of which a node answers, tells them all to
 * the victim for hours, while the victim's own peers come and go. Then the victim restarts, and chooses its peers anew. Of the node it is
 * the book and the dial plan that decide, so nothing else is simulated.
 */
export interface EclipseOptions {
  readonly seed: number
  readonly attackerAddresses: number
  readonly attackerGroups: number
  /** Whether the victim remembers to whom it was connected. */
  readonly anchors: boolean
}

export interface EclipseOutcome {
  /** Of the first eight outbound peers after the restart. */
  readonly honest: number
  readonly outbound: number
  /** The attacker's part of the book. */
  readonly attackerShare: number
}

const honestNodes = 200
const honestGroups = 64
const honestTellers = 24
/** Of the honest nodes, those that answer. */
const upShare = 0.8
const outboundTarget = 8
const hours = 3
const minuteMs = 60_000

export function simulateEclipse({ seed, attackerAddresses, attackerGroups, anchors }: EclipseOptions): EclipseOutcome {
  const random = createRandom(BigInt(seed))
  const chance = () => random.next()
  const groups = drawGroups(random, honestGroups + attackerGroups)
  const attackers = groups.slice(honestGroups)
  const owned = new Set(attackers.map((group) => placeOf(`${group}.1.1`).group))
  const isAttacker = (address: string) => owned.has(readDialTarget(address).group)
  const isUp = isUpBySeed(random)
  const book = createAddressBook(createSimulatedEntropy(random.fork('secret')).bytes(32))
  const victim = createVictim(book, { answers: (address) => isAttacker(address) || isUp(address), chance })

  for (const index of Array.from({ length: honestNodes }).keys()) {
    tell(book, honestAddress(groups, index), `${groups[index % honestTellers]}.9.9`, 0, chance)
  }
  for (let minute = 0; minute < hours * 60; minute++) {
    const from = Math.floor((minute * attackerAddresses) / (hours * 60))
    const to = Math.floor(((minute + 1) * attackerAddresses) / (hours * 60))
    for (let index = from; index < to; index++) {
      tell(book, attackerAddress(attackers, index), `${random.pick(attackers)}.7.7`, minute * minuteMs, chance)
    }
    victim.run((minute + 1) * minuteMs)
    if (minute % 30 === 29) victim.loseOne(random, (minute + 1) * minuteMs)
  }

  const at = { now: hours * 60 * minuteMs, wall: 0 }
  const kept = decodeBook(encodeBook(book, victim.eldest().slice(0, anchorsMax), at), at)
  assert(kept !== undefined, 'the book comes back from its file')
  const again = createAddressBook(kept.secret, kept.entries)
  const restarted = createVictim(again, {
    answers: (address) => isAttacker(address) || isUp(address),
    chance,
    anchors: anchors ? kept.anchors : [],
  })
  restarted.run(at.now + 10 * minuteMs, at.now)
  const chosen = restarted.eldest().slice(0, outboundTarget)
  const entries = [...again.entries()]
  return {
    honest: chosen.filter((address) => !isAttacker(address)).length,
    outbound: chosen.length,
    attackerShare: entries.filter(({ target }) => isAttacker(target.address)).length / entries.length,
  }
}

/** The dial plan of one node, with connections that come about at once. */
function createVictim(
  book: AddressBook,
  { answers, chance, anchors = [] }: { answers: (address: string) => boolean; chance: () => number; anchors?: readonly string[] },
) {
  const plan: DialPlan = createDialPlan({ configured: [], outboundTarget, book, anchors })
  let outbound: { readonly address: string }[] = []

  function drop(address: string, now: number): void {
    outbound = outbound.filter((connection) => connection.address !== address)
    plan.lost(peerOf(address), now, chance)
  }

  function view() {
    const peers = new Set(outbound.map(({ address }) => peerOf(address)))
    const places = outbound.map(({ address }) => readDialTarget(address))
    return { outbound: places, isConnected: (peer: string) => peers.has(peer), mayDial: () => true }
  }

  return {
    eldest: (): readonly string[] => outbound.map(({ address }) => address),
    loseOne(random: Random, now: number): void {
      if (outbound.length > 0) drop(random.pick(outbound).address, now)
    },
    /** Dials until nothing more is due before `until`. */
    run(until: number, from = until - minuteMs): void {
      for (let now: number | undefined = from; now !== undefined && now < until; ) {
        const { dial, wakeAt } = plan.due(view(), now, chance)
        for (const { address, purpose } of dial) {
          if (!answers(address)) plan.failed(address, now, chance)
          else {
            plan.connected(address, peerOf(address), now)
            outbound.push({ address })
            if (purpose === 'feeler' && outbound.length > outboundTarget) drop(address, now)
          }
        }
        now = dial.length > 0 ? now + 1 : wakeAt
      }
    },
  }
}

const peerOf = (address: string): string => readDialTarget(address).peer ?? ''

function tell(book: AddressBook, address: string, host: string, now: number, chance: () => number): void {
  book.learn(readDialTarget(address), { host, group: placeOf(host).group }, { now }, chance)
}

/** Distinct /16 blocks, as their first two numbers. */
function drawGroups(random: Random, count: number): readonly string[] {
  const drawn = new Set<string>()
  while (drawn.size < count) drawn.add(`${20 + random.below(60)}.${random.below(256)}`)
  return [...drawn]
}

function honestAddress(groups: readonly string[], index: number): string {
  return `/ip4/${groups[index % honestGroups]}.3.${1 + (index % 250)}/tcp/26600/p2p/honest${index}`
}

function attackerAddress(attackers: readonly string[], index: number): string {
  return `/ip4/${attackers[index % attackers.length]}.${(index >> 8) & 255}.${index & 255}/tcp/26600/p2p/attacker${index}`
}

function isUpBySeed(random: Random): (address: string) => boolean {
  const states = new Map<string, boolean>()
  return (address) => {
    const state = states.get(address) ?? random.chance(upShare)
    states.set(address, state)
    return state
  }
}
