/**
 * The median time of one call of each contender, in milliseconds. The contenders take turns, so that whatever else the machine does
 * falls on all of them alike; each has run warm before anything is measured.
 */
export function interleavedMedians<Name extends string>(
  contenders: Readonly<Record<Name, () => unknown>>,
  options: { readonly warmUpMs: number; readonly rounds: number; readonly roundMs: number },
): Record<Name, number> {
  const names = Object.keys(contenders) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>
  for (const name of names) callFor(options.warmUpMs, contenders[name])
  for (let round = 0; round < options.rounds; round++) {
    for (const name of names) samples[name].push(...callFor(options.roundMs, contenders[name]))
  }
  return Object.fromEntries(names.map((name) => [name, median(samples[name])])) as Record<Name, number>
}

/** Keeps the last result reachable, so that no work can be optimised away. */
let kept: unknown

function callFor(durationMs: number, work: () => unknown): number[] {
  const times: number[] = []
  const end = performance.now() + durationMs
  for (let before = performance.now(); before < end; ) {
    kept = work()
    const after = performance.now()
    times.push(after - before)
    before = after
  }
  return kept === undefined ? [] : times
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((left, right) => left - right)
  return sorted[sorted.length >> 1] as number
}
