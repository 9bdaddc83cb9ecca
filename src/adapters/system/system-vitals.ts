import { totalmem } from 'node:os'
import type { Vitals } from '../../ports/vitals.ts'

/** @param limitBytes what the process may hold; half of the machine, or of its container, unless given. */
export function createSystemVitals(limitBytes = machineBytes() / 2): Vitals {
  return { memory: () => ({ usedBytes: process.memoryUsage.rss(), limitBytes }) }
}

/** The container's limit where there is one. Without one, Node answers 0 or a number that no machine has. */
function machineBytes(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem()
}
