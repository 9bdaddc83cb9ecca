import { percentile } from '../percentile.ts'
import type { AttackName } from './attack-kinds.ts'
import { type AttackTally, places, refusedPercent } from './tally.ts'
import type { Target } from './target.ts'

/** `finality`: from submitting a transfer by the API to hearing that it is final. `ping`: there and back to the node as a connected peer. */
export type HonestMeasure = 'finality' | 'ping'

/** Milliseconds of honest traffic, as measured by a process that does not attack. */
export interface HonestSamples {
  readonly before: readonly number[]
  readonly during: readonly number[]
  readonly after: readonly number[]
}

export interface PhaseFigures {
  readonly p50: number | null
  readonly p99: number | null
  readonly samples: number
}

/** What the node's own metrics counted while the attack lasted; everybody's messages are in them, not the attacker's alone. */
export interface NodeFigures {
  /** The attacks it saw, by the names it gives them. */
  readonly attacks: readonly string[]
  /** Messages it refused or dropped. */
  readonly refused: number
  /** Messages it received beyond what honest traffic explains, an estimate; `null` when the attack sends none that are counted. */
  readonly processed: number | null
}

export interface AttackReport extends AttackTally {
  readonly kind: AttackName
  readonly target: string
  readonly seconds: number
  readonly rate: number
  readonly connections: number
  readonly unit: string
  readonly refusedPercent: number | null
  readonly banned: boolean
  readonly node: NodeFigures | null
  readonly honest: {
    readonly measure: HonestMeasure
    readonly before: PhaseFigures
    readonly during: PhaseFigures
    readonly after: PhaseFigures
    /** Of the medians, during by before. */
    readonly ratioP50: number | null
  }
}

function phaseFigures(samples: readonly number[]): PhaseFigures {
  return { p50: rounded(percentile(samples, 0.5)), p99: rounded(percentile(samples, 0.99)), samples: samples.length }
}

export function makeReport(options: {
  kind: AttackName
  target: Target
  seconds: number
  rate: number
  connections: number
  unit: string
  tally: AttackTally
  node: NodeFigures | null
  measure: HonestMeasure
  samples: HonestSamples
}): AttackReport {
  const { kind, target, seconds, rate, connections, unit, node, measure, samples } = options
  const tally = node ? settleByNode(options.tally, node) : options.tally
  const [before, during, after] = [samples.before, samples.during, samples.after].map(phaseFigures) as [
    PhaseFigures,
    PhaseFigures,
    PhaseFigures,
  ]
  return {
    kind,
    target: target.address,
    seconds,
    rate,
    connections,
    unit,
    ...tally,
    refusedPercent: rounded(refusedPercent(tally)),
    banned: tally.banAfterMs !== null,
    node,
    honest: { measure, before, during, after, ratioP50: ratio(during.p50, before.p50) },
  }
}

/**
 * What was sent and counts as taken in may have waited unread until the connection ended, or have been refused on arrival. The attacker
 * cannot see that; the node's metrics tell.
 */
function settleByNode(tally: AttackTally, { processed, refused }: NodeFigures): AttackTally {
  const unread = Math.max(0, tally.accepted - (processed ?? tally.accepted))
  const moving = Math.min(tally.accepted, unread + refused)
  return {
    ...tally,
    accepted: tally.accepted - moving,
    refused: { ...tally.refused, dropped: tally.refused.dropped + moving },
  }
}

function ratio(value: number | null, base: number | null): number | null {
  return value === null || base === null || base === 0 ? null : Math.round((value / base) * 100) / 100
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10
}

/** The report for people. */
export function reportLines(report: AttackReport): readonly string[] {
  const { honest, node, unit } = report
  const refused = places.filter((place) => report.refused[place] > 0).map((place) => `${report.refused[place]} ${words[place]}`)
  const rows: [string, string][] = [
    ['attack', `${report.kind} on ${report.target}, ${report.seconds} s, at most ${report.rate} ${unit} a second`],
    ['attempted', `${report.attempted} ${unit}`],
    ['let in', String(report.accepted)],
    ['refused', `${report.refusedPercent ?? '–'} %${refused.length > 0 ? `: ${refused.join(', ')}` : ''}`],
    ['banned', report.banAfterMs === null ? 'no' : `after ${report.banAfterMs} ms`],
    ...Object.entries(report.reasons).map(([reason, count]): [string, string] => ['it said', `${count} × ${printable(reason)}`]),
    ['the node saw', node === null ? 'not asked: no API' : sawOf(node)],
    ...(['before', 'during', 'after'] as const).map((phase): [string, string] => [
      `${honest.measure} ${phase}`,
      phaseText(honest[phase]),
    ]),
    ['during by before', honest.ratioP50 === null ? '–' : `${honest.ratioP50} × (medians)`],
  ]
  const width = Math.max(...rows.map(([term]) => term.length))
  return rows.map(([term, meaning]) => `${term.padEnd(width)}  ${meaning}`)
}

const words = {
  door: 'at the door',
  handshake: 'in the handshake',
  hello: 'at hello',
  dropped: 'dropped',
  disconnected: 'disconnected',
  banned: 'banned',
} as const

function sawOf({ attacks, refused, processed }: NodeFigures): string {
  const read = processed === null ? '' : `about ${processed} messages read, `
  return `${attacks.length > 0 ? attacks.join(', ') : 'no attack'}; ${read}${refused} refused or dropped`
}

function phaseText({ p50, p99, samples }: PhaseFigures): string {
  return samples === 0 ? 'no sample' : `p50 ${p50} ms, p99 ${p99} ms of ${samples}`
}

/** What a stranger's node says goes to a terminal. */
function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
