/**
 * `npm run simulate:nightly -- --seeds N`: networks of all kinds, in all kinds of trouble, on all processors, and none may break a promise
 * or stand still. A failure names the command that replays it. Ends with status 1 then.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { simulateMany } from '../src/cli/simulate/simulate-many.ts'
import { formatReplay } from '../src/simulator/format-replay.ts'
import { scenarioOf } from '../src/simulator/scenario.ts'

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
})
const first = wholeNumber('seed', values.seed)
const count = wholeNumber('seeds', values.seeds)
/** Networks that do nothing break no promise either: so many blocks and transactions a seed there are at least, on average. */
const leastPerSeed = 5
const tellEvery = 50

const startedAt = performance.now()
const done = { seeds: 0, blocks: 0, transactions: 0 }
let broken = false

const simulations = Array.from({ length: count }, (_, index) => ({ seed: first + index, ...scenarioOf(first + index) }))
await simulateMany(simulations, availableParallelism(), (simulation, { violation, height, transactions }) => {
  done.seeds += 1
  done.blocks += height
  done.transactions += transactions
  if (violation) {
    broken = true
    console.error(
      `seed ${simulation.seed}: ${violation.check} at ${violation.node}, height ${violation.height}: ${violation.detail}`,
    )
    console.error(`Replay it with:\n  ${formatReplay(simulation)}`)
  } else if (done.seeds % tellEvery === 0) console.log(`${done.seeds} of ${count} seeds, ${secondsSince(startedAt)} s`)
  return !broken
})

console.log(`${done.seeds} seeds, ${done.blocks} blocks, ${done.transactions} transactions in ${secondsSince(startedAt)} s`)
const stoodStill = Math.min(done.blocks, done.transactions) < leastPerSeed * done.seeds
if (stoodStill) console.error(`The networks stood still: less than ${leastPerSeed} blocks or transactions a seed.`)
process.exitCode = broken || stoodStill ? 1 : 0

function secondsSince(moment: number): string {
  return ((performance.now() - moment) / 1000).toFixed(0)
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Error(`--${name} is ${JSON.stringify(text)}; it must be a whole number from 1 on.`)
}
