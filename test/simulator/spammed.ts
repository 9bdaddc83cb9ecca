/** A network of four with one spammer in it: who banned whom, and whether blocks went on. */
import { formatReplay } from '../../src/simulator/format-replay.ts'
import { simulate } from '../../src/simulator/simulate.ts'

const hasty = { interval_ms: 500, propose_timeout_ms: 500, prevote_timeout_ms: 200, precommit_timeout_ms: 200 }

export async function spammed(seed: number) {
  const options = { seed, nodes: 4, seconds: 6, load: 3, liars: ['spammer'], consensus: hasty } as const
  const bans = new Set<string>()
  const { violation, height } = await simulate({
    ...options,
    onTrace(line) {
      const [, by, banned] = /(node\d+) info peer banned peer=(node\d+)/.exec(line) ?? []
      if (by !== undefined && by !== 'node0') bans.add(`${by} bans ${banned}`)
    },
  })
  return {
    violation,
    grown: height >= 6,
    bans: [...bans].sort((left, right) => left.localeCompare(right)),
    replay: formatReplay(options),
  }
}

/** Everybody honest bans the spammer, and nobody else. */
export const justice = {
  violation: undefined,
  grown: true,
  bans: ['node1 bans node0', 'node2 bans node0', 'node3 bans node0'],
}
