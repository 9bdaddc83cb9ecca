import type { NodeFigures } from './report.ts'

/** A node's metrics, as it exports them; `undefined` when it does not. */
export async function readMetrics(api: string): Promise<string | undefined> {
  return fetch(new URL('/metrics', api), { signal: AbortSignal.timeout(5_000), redirect: 'error' }).then(
    (response) => (response.ok ? response.text() : undefined),
    () => undefined,
  )
}

/** What the counters of refusals and of attacks grew by. */
export function figuresBetween(before: string, after: string): NodeFigures {
  const [first, last] = [countersOf(before), countersOf(after)]
  const attacks: Record<string, number> = {}
  let refused = 0
  for (const [series, value] of last) {
    const grown = value - (first.get(series) ?? 0)
    const kind = /^synod_attacks_total\{.*kind="([^"]+)"/.exec(series)?.[1]
    if (kind !== undefined && grown > 0) attacks[kind] = grown
    if (refusals.some((refusal) => refusal.test(series))) refused += grown
  }
  return { attacks, refused }
}

/** What is beyond a budget and only deferred was taken in. */
const refusals = [/^synod_rejections_total/, /^synod_budget_exceeded_total\{.*outcome="refuse"/]

function countersOf(text: string): Map<string, number> {
  const counters = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = /^(synod_[^\s]+) ([0-9.e+]+)$/.exec(line)
    if (match) counters.set(match[1] as string, Number(match[2]))
  }
  return counters
}
