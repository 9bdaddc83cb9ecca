import type { LoadLevel } from '../peers/resource-manager.ts'
import { type ConnectionLoad, createWorkDemand } from '../peers/work-demand.ts'
import type { Ports } from './ports.ts'

/** How many strangers come, and the work they are asked for because of it. */
export interface ConnectionLoadWatch {
  /** A stranger has come: the work to ask of it. */
  onStranger(pendingGreetings: number, level: LoadLevel): number
}

const secondMs = 1000
/** Of the loop's lateness, how much the newest measurement counts. */
const weight = 0.3

export function createConnectionLoadWatch({ clock, telemetry }: Pick<Ports, 'clock' | 'telemetry'>): ConnectionLoadWatch {
  const demand = createWorkDemand()
  let second = 0
  let arrivals = 0
  let arrivalsBefore = 0
  let loopLagMs = 0
  let isMeasuring = false

  /** Of a second that ends now: of the whole second before, what of it still lies within. */
  function arrivalsPerSecond(now: number): number {
    const current = Math.floor(now / secondMs)
    if (current !== second) {
      arrivalsBefore = current === second + 1 ? arrivals : 0
      arrivals = 0
      second = current
    }
    arrivals++
    return arrivals + arrivalsBefore * (1 - (now / secondMs - current))
  }

  /** Only while strangers come: an idle node wakes for nothing. */
  function measureLag(): void {
    if (isMeasuring) return
    isMeasuring = true
    const start = clock.monotonic()
    clock.schedule(0, () => {
      isMeasuring = false
      loopLagMs += (clock.monotonic() - start - loopLagMs) * weight
    })
  }

  return {
    onStranger(pendingGreetings, level) {
      const now = clock.monotonic()
      measureLag()
      const load: ConnectionLoad = { arrivalsPerSecond: arrivalsPerSecond(now), pendingGreetings, loopLagMs, level }
      const before = demand.current
      const work = demand.ask(load, now)
      telemetry.gauge('synod_hello_work_asked', work)
      if (before === 0 && work > 0) telemetry.log('warn', 'many strangers come: they are asked for work', { ...load, work })
      if (before > 0 && work === 0) telemetry.log('info', 'strangers are no longer asked for work')
      return work
    },
  }
}
