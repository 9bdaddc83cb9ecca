/**
 * Runs seeds until one finds a violation: `node run-seeds.ts '{"from":1,"to":200,"options":{…}}'`. Prints one line of JSON. It runs in a
 * process of its own, from a copy of the sources in which one thing may have been broken.
 */
import { scenarioOf } from '../../src/simulator/scenario.ts'
import { simulate } from '../../src/simulator/simulate.ts'

const { from, to, options } = JSON.parse(process.argv[2] as string) as { from: number; to: number; options: object }

async function firstViolation(): Promise<object> {
  for (let seed = from; seed <= to; seed++) {
    const { violation } = await simulate({ ...scenarioOf(seed), ...options, seed })
    if (violation) return { seed, violation }
  }
  return {}
}

process.stdout.write(`${JSON.stringify(await firstViolation())}\n`)
process.exit(0)
