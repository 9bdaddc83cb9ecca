/**
 * How much work strangers are asked for: none while few come, and as much as it takes while many do. Pure: what is measured comes in.
 * It rises with the load at once, by at most four times a step, so that one burst is not answered by a wall; and falls by half every
 * few seconds once the load is gone, so that a flood in waves meets it again.
 */
import type { LoadLevel } from './resource-manager.ts'
import { workMax } from './work-challenge.ts'

export interface ConnectionLoad {
  /** Connections that arrived in the last second. */
  readonly arrivalsPerSecond: number
  /** Greetings under way with peers that dialled us. */
  readonly pendingGreetings: number
  /** By how much the event loop is late, ms. */
  readonly loopLagMs: number
  /** How strained the node is by all it does. */
  readonly level: LoadLevel
}

export interface WorkDemand {
  /** The work to ask of the next stranger, in hashes to be expected; 0: none. */
  ask(load: ConnectionLoad, now: number): number
  /** As asked for last. */
  readonly current: number
}

export interface WorkDemandLimits {
  /** What is still welcome without work. */
  readonly arrivalsPerSecondFree: number
  readonly pendingGreetingsFree: number
  readonly loopLagFreeMs: number
}

const defaultWorkDemandLimits: WorkDemandLimits = {
  arrivalsPerSecondFree: 32,
  // Well below the places for handshakes: work is to be asked for before they run out.
  pendingGreetingsFree: 24,
  loopLagFreeMs: 150,
}

/** Less than this is not worth a round trip. */
const workMin = 1 << 10
/** Once asked for, work is asked for until the load is this part of what is free: it must not flicker. */
const offAt = 0.5
/** A little is asked for as soon as the node is strained by anything: a stranger is then not its most urgent matter. */
const pressureOfLevel: Readonly<Record<LoadLevel, number>> = { normal: 0, strained: 1.5, overloaded: 4 }
const halfLifeMs = 4_000
/** The most it may grow from one asking to the next, and how long after a rise it may rise again. */
const growth = 4
const settleMs = 250

export function createWorkDemand(limits: WorkDemandLimits = defaultWorkDemandLimits): WorkDemand {
  let work = 0
  let decayedAt = 0
  let risenAt = Number.NEGATIVE_INFINITY

  /** 1: as much as is free. The heaviest of them counts. */
  function pressureOf({ arrivalsPerSecond, pendingGreetings, loopLagMs, level }: ConnectionLoad): number {
    return Math.max(
      arrivalsPerSecond / limits.arrivalsPerSecondFree,
      pendingGreetings / limits.pendingGreetingsFree,
      loopLagMs / limits.loopLagFreeMs,
      pressureOfLevel[level],
    )
  }

  function rise(pressure: number, now: number): void {
    decayedAt = now
    // A clock that goes back must not stop the rise for as long as it went.
    if (now >= risenAt && now - risenAt < settleMs) return
    risenAt = now
    const wanted = workMin * pressure * pressure
    work = Math.min(workMax, Math.max(work, Math.min(wanted, Math.max(workMin, work) * growth)))
  }

  function fall(now: number): void {
    if (now < decayedAt) decayedAt = now
    work *= 0.5 ** ((now - decayedAt) / halfLifeMs)
    decayedAt = now
    if (work < workMin) work = 0
  }

  return {
    get current() {
      return Math.floor(work)
    },
    ask(load, now) {
      const pressure = pressureOf(load)
      if (pressure > 1) rise(pressure, now)
      else if (pressure <= offAt) fall(now)
      else decayedAt = now
      return Math.floor(work)
    },
  }
}
