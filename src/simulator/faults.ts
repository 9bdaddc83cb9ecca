import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { SimulatedInternet } from './simulated-network.ts'
import type { WeatherStation } from './weather.ts'

/** What can go wrong around nodes that are themselves honest. */
export const faultNames = ['latency', 'loss', 'partition', 'crash', 'skew', 'disk-full'] as const
export type FaultName = (typeof faultNames)[number]

export interface Trouble {
  readonly random: Random
  readonly scheduler: Scheduler
  readonly internet: SimulatedInternet
  readonly station: WeatherStation
  readonly nodes: readonly SimulatedNode[]
  readonly note: (what: string) => void
  readonly restart: (node: SimulatedNode) => void
}

/** Begins troubles at random moments until `untilMs`. Each ends by itself; `heal` ends what is left. */
export function beginTrouble(trouble: Trouble, faults: readonly FaultName[], untilMs: number): void {
  const { random, scheduler } = trouble
  if (faults.length === 0) return
  const next = () => {
    scheduler.after(random.between(300, 6000), () => {
      if (scheduler.now() >= untilMs) return
      makeTrouble(trouble, random.pick(faults), untilMs)
      next()
    })
  }
  next()
}

function makeTrouble(trouble: Trouble, fault: FaultName, untilMs: number): void {
  const { random, scheduler, internet, station, nodes, note } = trouble
  const lastingMs = Math.min(random.between(500, 8000), Math.max(0, untilMs - scheduler.now()))
  const end = (cure: () => void) => void scheduler.after(lastingMs, cure)
  const victim = random.pick(nodes)
  note(`${fault} ${victim.id} for ${Math.round(lastingMs)} ms`)
  switch (fault) {
    case 'latency':
      station.storm({ latencyMs: random.between(20, 400), jitterMs: random.between(0, 600), loss: 0 })
      return end(() => station.heal())
    case 'loss':
      station.storm({ latencyMs: 20, jitterMs: 200, loss: random.between(0.01, 0.3) })
      return end(() => station.heal())
    case 'partition': {
      const group = new Set(nodes.filter(() => random.chance(0.5)).map((node) => node.id))
      station.partition(group)
      internet.cut((a, b) => group.has(a) !== group.has(b))
      return end(() => station.heal())
    }
    case 'crash':
      if (!victim.up) return
      victim.crash()
      return end(() => trouble.restart(victim))
    case 'skew':
      victim.skew(random.between(-400, 400))
      return end(() => victim.skew(0))
    case 'disk-full':
      victim.disk.fill(true)
      return end(() => {
        victim.disk.fill(false)
        victim.crash()
        trouble.restart(victim)
      })
  }
}
