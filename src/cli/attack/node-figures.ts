import type { Counted } from './attack-kinds.ts'
import type { NodeFigures } from './report.ts'

/** A node's metrics at one moment, as far as attacks go. */
export interface NodeSnapshot {
  readonly height: number
  readonly refused: number
  readonly taken: Readonly<Record<string, number>>
  /** How often each kind of attack has begun. */
  readonly begun: Readonly<Record<string, number>>
  readonly active: readonly string[]
}

/** `undefined` when the node does not export its metrics. */
export async function readSnapshot(api: string): Promise<NodeSnapshot | undefined> {
  const text = await fetch(new URL('/metrics', api), { signal: AbortSignal.timeout(5_000), redirect: 'error' }).then(
    (response) => (response.ok ? response.text() : undefined),
    () => undefined,
  )
  return text === undefined ? undefined : snapshotOf(text)
}

export function snapshotOf(metrics: string): NodeSnapshot {
  const taken: Record<string, number> = {}
  const begun: Record<string, number> = {}
  const active: string[] = []
  let height = 0
  let refused = 0
  for (const line of metrics.split('\n')) {
    const [, name = '', labels = '', text = ''] = /^(synod_\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    const value = Number(text)
    const label = (key: string) => new RegExp(`(?:^|,)${key}="([^"]*)"`).exec(labels)?.[1] ?? ''
    if (name === 'synod_consensus_height') height = value
    if (name === 'synod_messages_total') taken[label('channel')] = value
    if (name === 'synod_gossip_control_total' && label('outcome') === 'taken') taken['gossip-control'] = value
    if (name === 'synod_attacks_total') begun[label('kind')] = value
    if (name === 'synod_attack_active' && value > 0) active.push(label('kind'))
    // What is beyond a budget and only deferred was taken in.
    if (name === 'synod_rejections_total' || (name === 'synod_budget_exceeded_total' && label('outcome') === 'refuse')) {
      refused += value
    }
  }
  return { height, refused, taken, begun, active }
}

/**
 * What the attack meant to the node. `calm` and `start` enclose a time without it, `start` and `end` the attack. Honest messages follow
 * the blocks: as many of them as a block took in calm times are taken off what was received during the attack.
 *
 * @param counted what the attack sends, as far as a node counts it.
 */
export function figuresBetween(
  calm: NodeSnapshot,
  start: NodeSnapshot,
  end: NodeSnapshot,
  counted: readonly Counted[],
): NodeFigures {
  const begun = Object.keys(end.begun).filter((kind) => (end.begun[kind] ?? 0) > (start.begun[kind] ?? 0))
  const received = (from: NodeSnapshot, to: NodeSnapshot) =>
    counted.reduce((sum, kind) => sum + (to.taken[kind] ?? 0) - (from.taken[kind] ?? 0), 0)
  const perBlock = received(calm, start) / Math.max(1, start.height - calm.height)
  const processed = received(start, end) - perBlock * (end.height - start.height)
  return {
    attacks: [...new Set([...begun, ...end.active])],
    refused: end.refused - start.refused,
    processed: counted.length === 0 ? null : Math.max(0, Math.round(processed)),
  }
}
