import { expect, test } from 'vitest'
import type { PowerCut } from '../../src/simulator/power-cut.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import type { SimulationOptions } from '../../src/simulator/simulation-options.ts'

/**
 * A power failure before and after every single write that a block costs a node: nothing that was final is lost, nothing is signed
 * twice, and the chain goes on. Once in peace, and once with a validator who signs twice, whose evidence is written, too.
 */
const cases: readonly { readonly name: string; readonly node: number; readonly options: SimulationOptions }[] = [
  { name: 'in peace', node: 3, options: { seed: 2, seconds: 5, load: 6 } },
  { name: 'with evidence in the block', node: 2, options: { seed: 3, seconds: 5, load: 6, liars: ['equivocator'] } },
]
const consensus = { interval_ms: 400, propose_timeout_ms: 500, prevote_timeout_ms: 200, precommit_timeout_ms: 200 }
const height = 4

test.each(cases)('every write boundary of a block, $name', { timeout: 240_000 }, async ({ node, options }) => {
  const writes = await writesOf(node, { ...options, consensus })
  expect(writes.length).toBeGreaterThan(10)
  for (const write of writes) {
    for (const moment of ['before', 'after'] as const) {
      const powerCut: PowerCut = { node, write, moment }
      const { violation } = await simulate({ ...options, consensus, powerCut })
      expect(violation, `power fails ${moment} write ${write}`).toBeUndefined()
    }
  }
})

/** Which writes a node makes while a block begins, becomes final and is followed by another. */
async function writesOf(node: number, options: SimulationOptions): Promise<readonly number[]> {
  const lines: string[] = []
  const { violation } = await simulate({ ...options, onTrace: (line) => lines.push(line) })
  expect(violation).toBeUndefined()
  const finalAt = (at: number) => lines.findIndex((line) => line.includes(`node${node} final ${at} `))
  return lines.slice(finalAt(height - 1), finalAt(height + 1)).flatMap((line) => {
    const [, count] = new RegExp(`node${node} write (\\d+)$`).exec(line) ?? []
    return count === undefined ? [] : [Number(count)]
  })
}
