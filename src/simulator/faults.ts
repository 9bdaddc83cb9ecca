import type { PeerId } from '../ports/network.ts'
import { isOtherSide } from './byzantine/conspirator.ts'
import { skewMaxMs } from './checkers/block-checks.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedInternet } from './simulated-internet.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { WeatherStation } from './weather.ts'

/** What can go wrong around nodes that are themselves honest. Several may last at once. */
export const faultNames = [
  'latency',
  'loss',
  'reorder',
  'partition',
  'schism',
  'one-way',
  'flapping',
  'crash',
  'lost-log',
  'bit-rot',
  'skew',
  'clock-jump',
  'disk-full',
  'disk-slow',
] as const
export type FaultName = (typeof faultNames)[number]

export interface Trouble {
  readonly random: Random
  readonly scheduler: Scheduler
  readonly internet: SimulatedInternet
  readonly station: WeatherStation
  /** Those who can be hit: the honest ones. */
  readonly nodes: readonly SimulatedNode[]
  readonly note: (what: string) => void
  readonly restart: (node: SimulatedNode) => void
  /** Calls back when the node has next signed something; returns how to call it off. */
  readonly onceSigned: (node: SimulatedNode, callback: () => void) => () => void
  /** The node's log is about to be moved away, its locks with it. False: that would be one amnesiac too many. */
  readonly mayLoseLog: (node: SimulatedNode) => boolean
}

/** Shortest and longest pause between the beginnings of two troubles, and their length, ms. */
const pauseMs = [100, 3000] as const
const lengthMs = [300, 6000] as const
/** Between two breaks of a line that breaks all the time. */
const flapMs = [30, 800] as const
/** By how much a clock is set wrong. */
const jumpMs = [1000, 3_600_000] as const
/** Within the first a signature is recorded and sent, within the second the block it is for may become final. */
const signatureLeavesMs = 5
const blockBecomesFinalMs = 150

/** Begins troubles at random moments until `untilMs`. Each ends by itself, at the latest then. */
export function beginTrouble(trouble: Trouble, faults: readonly FaultName[], untilMs: number): void {
  const { random, scheduler, note } = trouble
  if (faults.length === 0) return
  const next = () => {
    scheduler.after(random.between(...pauseMs), () => {
      const remainingMs = untilMs - scheduler.now()
      if (remainingMs <= 0) return
      const fault = random.pick(faults)
      const victim = random.pick(trouble.nodes)
      const lastingMs = Math.min(random.between(...lengthMs), remainingMs)
      const cure = begin[fault](trouble, victim)
      if (cure) {
        note(`${fault} ${victim.id} for ${Math.round(lastingMs)} ms`)
        scheduler.after(lastingMs, cure)
      }
      next()
    })
  }
  next()
}

/** Begins a trouble and returns what ends it; `undefined` when it cannot befall the victim now. */
const begin: Readonly<Record<FaultName, (trouble: Trouble, victim: SimulatedNode) => (() => void) | undefined>> = {
  latency: ({ station, random }) =>
    station.storm({ latencyMs: random.between(20, 500), jitterMs: random.between(0, 300), loss: 0 }),
  loss: ({ station, random }) => station.storm({ latencyMs: 0, jitterMs: 100, loss: random.between(0.02, 0.5) }),
  reorder: ({ station, random }) => station.storm({ latencyMs: 0, jitterMs: random.between(200, 1500), loss: 0 }),
  partition({ station, internet, random, nodes }) {
    const island = new Set(nodes.filter(() => random.chance(0.5)).map((node) => node.id))
    const apart = (a: PeerId, b: PeerId) => island.has(a) !== island.has(b)
    const cure = station.block(apart)
    // Sometimes the connections break at once, sometimes messages just stop.
    if (random.chance(0.5)) internet.cut(apart)
    return cure
  },
  /** The honest of one side do not hear those of the other. Liars reach both. */
  schism({ station, nodes }) {
    const honest = new Set(nodes.map(({ id }) => id))
    return station.block((from, to) => honest.has(from) && honest.has(to) && isOtherSide(from) !== isOtherSide(to))
  },
  'one-way': ({ station, random, nodes }, victim) => {
    const deaf = random.chance(0.5)
    const others = new Set(nodes.filter((node) => node !== victim && random.chance(0.7)).map((node) => node.id))
    return station.block((from, to) => (deaf ? to === victim.id && others.has(from) : from === victim.id && others.has(to)))
  },
  flapping({ internet, random, scheduler }, { id }) {
    let callOff: () => void
    const flap = () => {
      internet.cut((a, b) => a === id || b === id)
      callOff = scheduler.after(random.between(...flapMs), flap)
    }
    flap()
    return () => callOff()
  },
  crash({ restart, random, scheduler, onceSigned }, victim) {
    if (!victim.up) return undefined
    // The worst moments are when a signature has just left, and when a block is being written.
    const withinMs = random.pick([signatureLeavesMs, blockBecomesFinalMs])
    let callOffCrash: (() => void) | undefined
    const soon = () => {
      callOffCrash = scheduler.after(random.between(0, withinMs), () => victim.up && victim.crash())
    }
    const callOff = random.chance(0.5) ? onceSigned(victim, soon) : victim.crash()
    return () => {
      callOff?.()
      callOffCrash?.()
      restart(victim)
    }
  },
  /** The disk gives back one bit that was not written. What a log says after it may be lost, so the victim counts as one who forgets. */
  'bit-rot': ({ restart, mayLoseLog, random }, victim) => {
    if (!victim.up || !mayLoseLog(victim)) return undefined
    victim.crash()
    victim.disk.rot(random)
    return () => restart(victim)
  },
  'lost-log': ({ restart, mayLoseLog }, victim) => {
    if (!victim.up || !mayLoseLog(victim)) return undefined
    victim.crash()
    victim.disk.loseFiles()
    return () => restart(victim)
  },
  skew({ random }, victim) {
    victim.skew(random.between(-skewMaxMs, skewMaxMs))
    return () => victim.skew(0)
  },
  /** A clock that is set to another time, and later set right. One at a time: a third of the power may be wrong about the time, no more. */
  'clock-jump': ({ random, nodes }, victim) => {
    if (nodes.some(({ offsetMs }) => Math.abs(offsetMs) > skewMaxMs)) return undefined
    victim.skew(random.between(...jumpMs) * (random.chance(0.5) ? 1 : -1))
    return () => victim.skew(0)
  },
  'disk-full': ({ restart }, victim) => {
    victim.disk.fill(true)
    return () => {
      victim.disk.fill(false)
      victim.crash()
      restart(victim)
    }
  },
  'disk-slow': ({ random }, victim) => {
    victim.slowDisk(random.between(10, 400))
    return () => victim.slowDisk(1)
  },
}
