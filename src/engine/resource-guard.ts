import {
  createResourceManager,
  type LoadFigures,
  type LoadLevel,
  memoryFigure,
  type ResourceLimits,
  type Shedding,
} from '../peers/resource-manager.ts'
import type { Timer } from '../ports/clock.ts'
import type { PeerBudgetDesk } from './peer-budgets.ts'
import type { Ports } from './ports.ts'
import type { VerifierBacklog } from './verifier-backlog.ts'

/** Measures how strained this node is, every second, and gives up what is least useful while it is. */
export interface ResourceGuard {
  load(): Load
  /** Whether strangers are let in at present. */
  readonly admitsInbound: boolean
  /** Whether blocks and mempools are served at present. */
  readonly servesBulk: boolean
  /** A connection arrives. */
  arrived(): void
  start(): void
  stop(): void
}

export interface Load {
  readonly level: LoadLevel
  readonly lagMs: number
  readonly inboundPerSecond: number
}

const secondMs = 1000
/** The loop is timed so often: a shorter stop than this may pass unseen, and does no harm. */
const beatMs = 250
const beatsPerSecond = secondMs / beatMs
const levelNumber: Readonly<Record<LoadLevel, number>> = { normal: 0, strained: 1, overloaded: 2 }

export function createResourceGuard(options: {
  ports: Ports
  limits: ResourceLimits
  budgets: Pick<PeerBudgetDesk, 'shrink' | 'restNoisiest' | 'answers'>
  backlog: Pick<VerifierBacklog, 'signatures' | 'bytes'>
  /** Parts from the peer that is worth least; false when all are worth keeping. */
  partFromLeast: (reason: string) => boolean
}): ResourceGuard {
  const { budgets, backlog, partFromLeast } = options
  const { clock, network, telemetry, vitals } = options.ports
  const manager = createResourceManager(options.limits)
  let shedding: Shedding | undefined
  let load: Load = { level: 'normal', lagMs: 0, inboundPerSecond: 0 }
  let arrivals = 0
  let worstLagMs = 0
  let beats = 0
  let timer: Timer | undefined

  function beat(): void {
    const due = clock.monotonic() + beatMs
    timer = clock.schedule(beatMs, () => {
      worstLagMs = Math.max(worstLagMs, clock.monotonic() - due)
      beats = (beats + 1) % beatsPerSecond
      if (beats === 0) assess()
      beat()
    })
  }

  function figures(lagMs: number): LoadFigures {
    const memory = vitals?.memory()
    return {
      lagMs,
      memory: memory ? memoryFigure(memory.usedBytes / memory.limitBytes) : 0,
      connections: network.peers().length,
      answers: budgets.answers,
      backlog: backlog.signatures,
      queuedBytes: backlog.bytes,
    }
  }

  function assess(): void {
    const lagMs = Math.max(0, worstLagMs)
    const { level, before, worst, pressure, shedding: next } = manager.assess(figures(lagMs))
    load = { level, lagMs, inboundPerSecond: arrivals }
    arrivals = 0
    worstLagMs = 0
    telemetry.gauge('synod_event_loop_lag_seconds', lagMs / 1000)
    telemetry.gauge('synod_load_level', levelNumber[level])
    if (level !== before) {
      const eases = levelNumber[level] < levelNumber[before]
      telemetry.log(eases ? 'info' : 'warn', 'load of this node changes', {
        level,
        before,
        worst,
        pressure: Math.round(pressure * 100) / 100,
      })
      budgets.shrink(next.budgetDivisor)
    }
    shedding = next
    shed(next)
  }

  function shed({ pausedPeers, partings }: Shedding): void {
    if (pausedPeers > 0) count('reading', budgets.restNoisiest(pausedPeers, secondMs))
    for (let parting = 0; parting < partings; parting++) if (partFromLeast('NODE_OVERLOADED')) count('peers', 1)
  }

  function count(what: string, by: number): void {
    if (by > 0) telemetry.count('synod_shed_total', by, { what })
  }

  return {
    load: () => load,
    get admitsInbound() {
      const admits = shedding?.admitsInbound ?? true
      if (!admits) count('inbound', 1)
      return admits
    },
    get servesBulk() {
      const serves = shedding?.servesBulk ?? true
      if (!serves) count('bulk', 1)
      return serves
    },
    arrived: () => void arrivals++,
    start: beat,
    stop: () => timer?.cancel(),
  }
}
