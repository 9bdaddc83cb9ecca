import type { CrawlView } from '../../client/operator-views.ts'
import { shortPeer } from '../frame/short-names.ts'
import { type Column, table } from '../frame/table.ts'

type Node = NonNullable<CrawlView['last']>['nodes'][number]

export interface CrawlFigures {
  /** Heard of; of those, how many let the node in. */
  readonly seen: number
  readonly reachable: number
  readonly complete: boolean
  readonly durationMs: number
  /** Reachable nodes by what they say they run, and by the newest protocol they speak. */
  readonly agents: Readonly<Record<string, number>>
  readonly protocols: Readonly<Record<string, number>>
  /** Nodes by network group. */
  readonly groups: Readonly<Record<string, number>>
  readonly nodes: readonly Node[]
}

export function crawlFigures({ last }: CrawlView): CrawlFigures {
  const nodes = last?.nodes ?? []
  const reached = nodes.filter(({ reachable }) => reachable)
  return {
    seen: nodes.length,
    reachable: reached.length,
    complete: last?.complete ?? false,
    durationMs: last?.durationMs ?? 0,
    agents: counted(reached.map(({ agent }) => agent)),
    protocols: counted(reached.map(({ protocolMax }) => String(protocolMax))),
    groups: counted(nodes.map(({ group }) => group)),
    nodes,
  }
}

const right = (title: string): Column => ({ title, align: 'right' })

export function crawlLines(figures: CrawlFigures, width: number): readonly string[] {
  const { seen, reachable, complete, durationMs, nodes } = figures
  const most = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .slice(0, 5)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
  return [
    `${seen} nodes seen, ${reachable} reachable, in ${(durationMs / 1000).toFixed(1)} s${complete ? '' : ' (not all were asked)'}`,
    `versions: ${most(figures.agents)}`,
    `protocols: ${most(figures.protocols)}`,
    `groups: ${most(figures.groups)}`,
    '',
    ...table(
      [
        { title: 'node' },
        { title: 'address', cutTo: 24 },
        { title: 'group' },
        { title: 'reached' },
        right('height'),
        right('knows'),
        { title: 'runs', cutTo: 12 },
      ],
      nodes.map(({ peer, addresses, group, reachable: isReached, height, told, agent }) => [
        shortPeer(peer),
        addresses[0] ?? '',
        group,
        isReached ? 'yes' : 'no',
        isReached ? String(height) : '',
        isReached ? String(told) : '',
        agent,
      ]),
      width,
    ),
  ]
}

/** The most frequent first. */
function counted(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, all]): [string, number] => [name, all.length])
  return Object.fromEntries(counts.sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1)))
}
