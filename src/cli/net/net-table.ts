import type { NetView } from '../../client/operator-views.ts'
import { trafficClasses } from '../../ports/network.ts'
import { bytesText } from '../frame/quantities.ts'
import { shortPeer } from '../frame/short-names.ts'
import { type Column, cut, table } from '../frame/table.ts'

/** Bytes since the start, and bytes a second between two askings. */
export interface Flow {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly inPerSecond: number
  readonly outPerSecond: number
}

export interface NetFigures {
  /** Between the two askings, ms. */
  readonly intervalMs: number
  readonly wire: Flow
  readonly classes: Readonly<Record<string, Flow & { readonly usefulBytes: number; readonly duplicateBytes: number }>>
  /** Of the socket, by peer. */
  readonly peers: Readonly<Record<string, Flow>>
  readonly usefulBytes: number
  readonly duplicateBytes: number
  /** Useful bytes a byte that came over the sockets; null before there were any. */
  readonly usefulShareOfWire: number | null
  readonly addressBook: NetView['addressBook']
}

type Count = NetView['total']['wire']
const none: Count = { bytesIn: 0, bytesOut: 0 }

export function netFigures(before: NetView, after: NetView): NetFigures {
  const intervalMs = Math.max(1, after.at - before.at)
  const flow = (earlier: Count, later: Count): Flow => ({
    ...later,
    // A connection that was replaced counts from 0 again.
    inPerSecond: Math.round((Math.max(0, later.bytesIn - earlier.bytesIn) * 1000) / intervalMs),
    outPerSecond: Math.round((Math.max(0, later.bytesOut - earlier.bytesOut) * 1000) / intervalMs),
  })
  const earlierPeers = new Map(before.peers.map(({ id, traffic }) => [id, traffic.wire]))
  const worths = Object.values(after.usefulness)
  const usefulBytes = worths.reduce((sum, worth) => sum + worth.usefulBytes, 0)
  const { wire } = after.total
  return {
    intervalMs,
    wire: flow(before.total.wire, wire),
    classes: Object.fromEntries(
      trafficClasses.map((name) => [
        name,
        { ...flow(before.total.classes[name], after.total.classes[name]), ...after.usefulness[name] },
      ]),
    ),
    peers: Object.fromEntries(after.peers.map(({ id, traffic }) => [id, flow(earlierPeers.get(id) ?? none, traffic.wire)])),
    usefulBytes,
    duplicateBytes: worths.reduce((sum, worth) => sum + worth.duplicateBytes, 0),
    usefulShareOfWire: wire.bytesIn === 0 ? null : Math.round((usefulBytes / wire.bytesIn) * 1000) / 1000,
    addressBook: after.addressBook,
  }
}

const right = (title: string): Column => ({ title, align: 'right' })
const flows = [right('in'), right('out'), right('in/s'), right('out/s')]

/** Both tables, classes with what they were worth, and peers; and what the address book holds. */
export function netLines(figures: NetFigures, width: number): readonly string[] {
  const { wire, classes, peers } = figures
  const byClass = Object.entries(classes).map(([name, { usefulBytes, duplicateBytes, ...flow }]) => [
    name,
    ...flowCells(flow),
    ...worthCells(usefulBytes, duplicateBytes),
  ])
  const all = [...byClass, ['wire', ...flowCells(wire), ...worthCells(figures.usefulBytes, figures.duplicateBytes)]]
  const share = figures.usefulShareOfWire
  return [
    ...table([{ title: 'class' }, ...flows, right('useful'), right('duplicate'), right('useful share')], all, width),
    '',
    share === null
      ? 'nothing has crossed the sockets, or the transport does not tell'
      : `${(share * 100).toFixed(1)} % of the bytes that came over the sockets were useful`,
    '',
    ...table(
      [{ title: 'peer' }, ...flows],
      Object.entries(peers).map(([id, flow]) => [shortPeer(id), ...flowCells(flow)]),
      width,
    ),
    '',
    ...bookLines(figures.addressBook).map((line) => cut(line, width)),
  ]
}

function bookLines(book: NetView['addressBook']): readonly string[] {
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []))
  const learnt = counts(book.learnt)
  return [
    `address book: ${book.tried} tried, ${book.new} heard of, in ${book.groups} network groups`,
    ...(book.tried + book.new === 0 ? [] : [`  by transport: ${counts(book.transports).join(', ')}`]),
    `  told since the start: ${learnt.length === 0 ? 'nothing' : learnt.join(', ')}`,
    ...book.anchors.map((anchor) => `  anchor ${anchor}`),
  ]
}

function flowCells({ bytesIn, bytesOut, inPerSecond, outPerSecond }: Flow): readonly string[] {
  return [bytesIn, bytesOut, inPerSecond, outPerSecond].map(bytesText)
}

/** The share is of what was judged: the rest of a class is neither. */
function worthCells(usefulBytes: number, duplicateBytes: number): readonly string[] {
  const judged = usefulBytes + duplicateBytes
  const share = judged === 0 ? '–' : `${((usefulBytes / judged) * 100).toFixed(1)} %`
  return [bytesText(usefulBytes), bytesText(duplicateBytes), share]
}
