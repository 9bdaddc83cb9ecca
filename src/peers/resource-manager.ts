/**
 * How strained this node is, and what it gives up for it, the least useful first. Pure: measurements come in every second, a level and
 * what follows from it come out. A level rises at once when a figure is far beyond its limit, and after two seconds beyond it; it falls
 * one step at a time, after five seconds well below. Spec: docs/spec/network.md, "Budgets".
 */
export type LoadLevel = 'normal' | 'strained' | 'overloaded'

export interface LoadFigures {
  /** How late the event loop was, at worst, in the last second. */
  readonly lagMs: number
  /** 0 up to 55 % of what the node may use, 1 at 75 %, 2 at 95 %. */
  readonly memory: number
  /** Bytes that wait for the signature checks. */
  readonly queuedBytes: number
  readonly connections: number
  /** Answers that are being given, each on a stream's behalf. */
  readonly answers: number
  /** Signatures of messages and transactions that wait to be checked. */
  readonly backlog: number
}

/** From here on a figure is a strain; at twice as much, an overload. */
export type ResourceLimits = LoadFigures

export interface Shedding {
  /** Whether strangers are let in. */
  readonly admitsInbound: boolean
  /** What the totals of all budgets are divided by. */
  readonly budgetDivisor: number
  /** How many of the noisiest peers to read nothing from until the next second. */
  readonly pausedPeers: number
  /** Whether blocks and mempools are served. */
  readonly servesBulk: boolean
  /** How many of the least valuable unprotected peers to part from. */
  readonly partings: number
}

export interface ResourceManager {
  assess(figures: LoadFigures): Assessment
}

export interface Assessment {
  readonly level: LoadLevel
  readonly before: LoadLevel
  /** The figure that is furthest beyond its limit, and how many times its limit it is. */
  readonly worst: keyof LoadFigures
  readonly pressure: number
  readonly shedding: Shedding
}

/** Consensus messages of validators that have proved themselves are in none of these: they go on to the last. */
const sheddings: Readonly<Record<LoadLevel, Shedding>> = {
  normal: { admitsInbound: true, budgetDivisor: 1, pausedPeers: 0, servesBulk: true, partings: 0 },
  strained: { admitsInbound: false, budgetDivisor: 4, pausedPeers: 1, servesBulk: true, partings: 0 },
  overloaded: { admitsInbound: false, budgetDivisor: 16, pausedPeers: 4, servesBulk: false, partings: 1 },
}
const levels: readonly LoadLevel[] = ['normal', 'strained', 'overloaded']
const overloadAt = 2
/** A figure twice beyond what its level takes moves the level at once. */
const suddenFactor = 2
const risesAfter = 2
const fallsBelow = 0.7
const fallsAfter = 5

export function createResourceManager(limits: ResourceLimits): ResourceManager {
  let level: LoadLevel = 'normal'
  let beyond = 0
  let below = 0

  function next(pressure: number): LoadLevel {
    const at = levels.indexOf(level)
    const rises = at + 1 < levels.length ? thresholdOf(at + 1) : Number.POSITIVE_INFINITY
    const falls = at > 0 ? thresholdOf(at) * fallsBelow : Number.NEGATIVE_INFINITY
    beyond = pressure >= rises ? beyond + 1 : 0
    below = pressure < falls ? below + 1 : 0
    if (beyond >= risesAfter || (beyond > 0 && pressure >= rises * suddenFactor)) return step(at + 1)
    return below >= fallsAfter ? step(at - 1) : level
  }

  function step(to: number): LoadLevel {
    beyond = 0
    below = 0
    return levels[to] as LoadLevel
  }

  return {
    assess(figures) {
      const before = level
      const names = Object.keys(limits) as (keyof LoadFigures)[]
      const pressures = names.map((figure) => ({ figure, pressure: figures[figure] / limits[figure] }))
      const worst = pressures.reduce((most, one) => (one.pressure > most.pressure ? one : most))
      level = next(worst.pressure)
      return { level, before, worst: worst.figure, pressure: worst.pressure, shedding: sheddings[level] }
    },
  }
}

function thresholdOf(level: number): number {
  return level === 1 ? 1 : overloadAt
}

/** `part`: memory in use, of what the node may use. */
export function memoryFigure(part: number): number {
  return Math.max(0, (part - 0.55) / 0.2)
}

/**
 * Late by half a second, a node misses the time of its own votes. A connection costs up to 300 KB, an answer one part of 8 MiB at most;
 * a core checks some 20,000 signatures in a second.
 */
export const defaultResourceLimits: ResourceLimits = {
  lagMs: 500,
  memory: 1,
  queuedBytes: 128 << 20,
  connections: 2000,
  answers: 1024,
  backlog: 50_000,
}
