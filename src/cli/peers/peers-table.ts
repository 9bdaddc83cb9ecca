import type { PeersView } from '../../client/views.ts'
import { trafficClasses } from '../../ports/network.ts'
import { bytesText, durationText } from '../frame/quantities.ts'
import { shortAddress, shortPeer } from '../frame/short-names.ts'
import { type Column, cut, naturalWidth, printable, table } from '../frame/table.ts'

type Peer = PeersView['peers'][number]

const main: readonly Column[] = [
  { title: 'peer', cutTo: 9 },
  { title: 'address', cutTo: 15 },
  { title: 'via', cutTo: 4 },
  { title: 'protection', cutTo: 12 },
  { title: 'dir' },
  { title: 'ms', align: 'right' },
  { title: 'score', align: 'right' },
]
const why: Column = { title: 'why', cutTo: 12 }
const indent = '    '

/** The table of peers: one line each where the bytes of every class fit beside, otherwise more lines below each. */
export function peersTable(peers: readonly Peer[], now: number, width: number): readonly string[] {
  const classes = trafficClasses.filter((name) => peers.some((peer) => crossed(peer, name) > 0))
  const wide = [...main, ...classes.map((title): Column => ({ title, align: 'right' })), why]
  const rows = peers.map((peer) => [...mainCells(peer), ...classes.map((name) => bytesCell(peer, name)), whyCell(peer, now)])
  if (naturalWidth(wide.slice(0, -1), rows) + 2 + (why.cutTo ?? 0) <= width) return table(wide, rows, width)
  const [head = '', ...lines] = table(main, peers.map(mainCells), width)
  return [head, ...lines.flatMap((line, index) => [line, ...details(peers[index] as Peer, now, width)])]
}

function mainCells({ id, address, transport, protection, direction, latencyMs, standing }: Peer): readonly string[] {
  return [
    shortPeer(id),
    shortAddress(address),
    transport,
    protection,
    direction === 'inbound' ? 'in' : 'out',
    latencyMs === null ? '–' : latencyMs < 10 ? latencyMs.toFixed(1) : String(Math.round(latencyMs)),
    standing ? signed(standing.score) : '–',
  ]
}

function details(peer: Peer, now: number, width: number): readonly string[] {
  const parts = trafficClasses.filter((name) => crossed(peer, name) > 0).map((name) => `${name} ${bytesCell(peer, name)}`)
  const reasons = whyCell(peer, now)
  return [...wrapped(parts, width), ...(reasons === '' ? [] : [cut(printable(`${indent}why: ${reasons}`), width)])]
}

/** As many parts a line as fit. */
function wrapped(parts: readonly string[], width: number): readonly string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 2 + part.length <= width) lines[lines.length - 1] = `${last}  ${part}`
    else lines.push(indent + part)
  }
  return lines
}

/** In and out. */
function bytesCell({ traffic }: Peer, name: (typeof trafficClasses)[number]): string {
  if (!traffic) return '–'
  const { bytesIn, bytesOut } = traffic.classes[name]
  return `${bytesText(bytesIn)}/${bytesText(bytesOut)}`
}

function crossed({ traffic }: Peer, name: (typeof trafficClasses)[number]): number {
  return traffic ? traffic.classes[name].bytesIn + traffic.classes[name].bytesOut : 0
}

/** The latest offences, the last one first. */
function whyCell({ standing }: Peer, now: number): string {
  const reasons = standing?.reasons ?? []
  return reasons
    .toReversed()
    .map(({ what, at, change }) => `${what} ${signed(change)} ${durationText(now - at)} ago`)
    .join(', ')
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : value < 0 ? `−${-value}` : '0'
}
