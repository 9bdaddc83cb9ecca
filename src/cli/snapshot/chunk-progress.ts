import type { Console } from '../frame/command.ts'

/** A line on standard error for each tenth of the work. */
export function chunkProgress({ err }: Console, what: string): (done: number, all: number) => void {
  let tenths = 0
  return (done, all) => {
    const reached = Math.floor((10 * done) / all)
    if (reached === tenths) return
    tenths = reached
    err(`${what}: ${done} of ${all}\n`)
  }
}
