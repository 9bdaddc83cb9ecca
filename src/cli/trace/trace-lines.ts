import { shortHash } from '../frame/short-names.ts'
import { printable } from '../frame/table.ts'
import { type Hop, hopsOf, isArrival, type Step, type Subject } from './message-path.ts'

/** The path of a message, drawn: for each of transaction, batch and block a tree of the nodes it went through. */
export function traceLines(steps: readonly Step[]): readonly string[] {
  const subjects: readonly Subject[] = ['transaction', 'batch', 'block']
  return subjects.flatMap((subject) => {
    const hashes = [...new Set(steps.filter((step) => step.subject === subject).map(({ hash }) => hash))]
    return hashes.flatMap((hash) => section(subject, hash, ofHash(steps, subject, hash)))
  })
}

/** Pushes are told by the nodes at which they arrive; one that arrived nowhere stands for itself. */
function ofHash(steps: readonly Step[], subject: Subject, hash: string): readonly Step[] {
  const here = steps.filter((step) => step.subject === subject && step.hash === hash)
  const arrived = new Set(here.filter(isArrival).map(({ node }) => node))
  return here.filter(({ event, peer }) => event !== 'pushed' || !arrived.has(peer ?? ''))
}

function section(subject: Subject, hash: string, steps: readonly Step[]): readonly string[] {
  const height = steps.find((step) => step.height !== null)?.height
  const title = subject === 'block' && height !== undefined ? `block ${height}` : subject
  return [`${title}  ${hash}`, ...hopsOf(steps).flatMap((hop) => drawn(hop, '', '')), '']
}

/** @param first before the node's name, @param rest before what follows it. */
function drawn({ node, steps, next }: Hop, first: string, rest: string): readonly string[] {
  const trunk = next.length > 0 ? '│ ' : '  '
  const lines = steps.map((step, place) => {
    const lead = place === 0 ? `${first}${printable(node)}` : rest + trunk
    return `${lead.padEnd(20)} ${`+${step.afterMs} ms`.padStart(10)}  ${told(step)}`
  })
  const below = next.flatMap((hop, place) => {
    const isLast = place === next.length - 1
    return drawn(hop, `${rest}${isLast ? '└─ ' : '├─ '}`, `${rest}${isLast ? '   ' : '│  '}`)
  })
  return [...lines, ...below]
}

function told({ event, peer, hopMs, within, height, subject }: Step): string {
  const from = isArrival({ event, peer }) ? ` from ${printable(peer ?? '')}` : peer === null ? '' : ` to ${printable(peer)}`
  const place =
    within === null
      ? ''
      : subject === 'transaction'
        ? ` in batch ${shortHash(within)}`
        : ` in block ${height} ${shortHash(within)}`
  const hop = hopMs === null ? '' : `  (${hopMs} ms on its way)`
  const word = subject === 'batch' && event === 'proposed' ? 'named' : (words[event] ?? printable(event))
  return `${word}${place}${from}${hop}`
}

const words: Readonly<Record<string, string>> = {
  submitted: 'submitted by a client',
  packed: 'packed',
  pushed: 'pushed, and not seen to arrive,',
  received: 'received',
  announced: 'heard of it',
  pulled: 'pulled',
  proposed: 'proposed',
  prevoted: 'prevoted for it',
  precommitted: 'precommitted to it',
  final: 'final',
}
