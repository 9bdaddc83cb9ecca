/**
 * `synod attack`: asks whether the target may be attacked, measures honest traffic before, sets the attacker loose, measures during and
 * after, and reports.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { extname, join } from 'node:path'
import { readOperatorToken } from '../../node/config/operator-token.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { readHomeAccounts } from '../devnet/reopen-devnet.ts'
import { answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'
import { askNodeConsent } from './ask-node-consent.ts'
import { type AttackKind, type AttackName, attackKinds } from './attack-kinds.ts'
import type { AttackerReport, AttackTask } from './attacker-process.ts'
import { type NodeAnswer, requireConsent } from './consent.ts'
import { type HonestLatency, startHonestPings, startHonestTransfers } from './honest-latency.ts'
import { figuresBetween, type NodeSnapshot, readSnapshot } from './node-figures.ts'
import { pause } from './pacing.ts'
import { makeReport, reportLines } from './report.ts'
import type { AttackTally } from './tally.ts'
import { readTarget } from './target.ts'

export interface AttackOptions {
  readonly kind: string
  readonly address: string
  readonly seconds: number
  readonly rate: number | undefined
  readonly connections: number | undefined
  readonly api: string | undefined
  readonly operatorTokenFile: string | undefined
  /** Home of a devnet node, whose accounts make the honest transfers. */
  readonly home: string | undefined
  readonly json: boolean
  readonly console: Console
}

const calmMsMin = 3_000
const calmMsMax = 10_000
/** Before the first measurement counts: caches are cold, and the chain may have slept. */
const warmUpMs = 1_500
const honestAccounts = 8

export async function runAttack(options: AttackOptions): Promise<number> {
  const { seconds, api, json, console } = options
  const { name, kind } = kindOf(options.kind)
  const target = await readTarget(options.address)
  requireConsent(target, await consentOf(options), ownHosts())
  const rate = options.rate ?? kind.rate
  const connections = options.connections ?? kind.connections
  const honest = await honestLatency(options, target)
  try {
    await pause(warmUpMs)
    const calmMs = Math.min(Math.max(calmMsMin, seconds * 500), calmMsMax)
    console.err(`honest traffic before, ${calmMs / 1000} s\n`)
    const calm = await snapshot(api)
    const before = await sampled(honest, () => pause(calmMs))
    const start = await snapshot(api)
    console.err(`${name} on ${target.address}, ${seconds} s\n`)
    const attacker = startAttacker({ kind: name, target, seconds, rate, connections })
    const during = await sampled(honest, () => attacker.over)
    console.err('over; what is still open is waited for\n')
    const tally = await attacker.done
    const end = await snapshot(api)
    console.err(`honest traffic after, ${calmMs / 1000} s\n`)
    const after = await sampled(honest, () => pause(calmMs))
    const report = makeReport({
      kind: name,
      target,
      seconds,
      rate,
      connections,
      unit: kind.unit,
      tally,
      node: calm && start && end ? figuresBetween(calm, start, end, kind.counted ?? []) : null,
      measure: honest.measure,
      samples: { before, during, after },
    })
    answer(console, json, report, reportLines(report))
    return 0
  } finally {
    await honest.stop()
  }
}

function kindOf(name: string): { readonly name: AttackName; readonly kind: AttackKind } {
  if (Object.hasOwn(attackKinds, name)) return { name: name as AttackName, kind: attackKinds[name as AttackName] }
  throw new OperationalError(
    'USAGE_INVALID',
    `There is no attack ${JSON.stringify(name)}: it is one of ${Object.keys(attackKinds).join(', ')}.`,
  )
}

async function snapshot(api: string | undefined): Promise<NodeSnapshot | undefined> {
  return api === undefined ? undefined : readSnapshot(api)
}

/** Consent is asked for only where the operator's token was given. */
async function consentOf({ api, operatorTokenFile }: AttackOptions): Promise<NodeAnswer | undefined> {
  if (operatorTokenFile === undefined) return undefined
  if (api === undefined) {
    throw new OperationalError('USAGE_INVALID', 'An operator token is for an API.', { hint: 'Give the node’s API with --api.' })
  }
  const token = await readOperatorToken(operatorTokenFile)
  if (token === undefined) {
    throw new OperationalError('USAGE_INVALID', 'There is no operator token in the file.', {
      where: operatorTokenFile,
      hint: 'It is the file operator-token in the home of the node.',
    })
  }
  return askNodeConsent(api, token)
}

function ownHosts(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((interfaces) => (interfaces ?? []).map(({ address }) => address))
}

async function honestLatency(
  { home, api, console }: AttackOptions,
  target: Parameters<typeof startHonestPings>[0],
): Promise<HonestLatency> {
  if (home === undefined || api === undefined) return startHonestPings(target)
  const accounts = (await readHomeAccounts(home, console)).slice(0, honestAccounts)
  return startHonestTransfers(home, api, accounts)
}

/** What was measured while something lasted. */
async function sampled(honest: HonestLatency, during: () => Promise<unknown>): Promise<readonly number[]> {
  const from = honest.samples.length
  await during()
  return honest.samples.slice(from)
}

function startAttacker(task: AttackTask): { readonly over: Promise<void>; readonly done: Promise<AttackTally> } {
  const over = Promise.withResolvers<void>()
  const done = Promise.withResolvers<AttackTally>()
  const child: ChildProcess = fork(join(import.meta.dirname, `attacker-process${extname(import.meta.filename)}`))
  child.on('message', (report: AttackerReport) => {
    if (report.kind === 'over') return over.resolve()
    done.resolve(report.tally)
    child.disconnect()
  })
  child.once('exit', (code) => {
    const error = new Error(`the attacker ended early, with status ${code}`)
    over.reject(error)
    done.reject(error)
  })
  done.promise.catch(() => undefined)
  child.send(task)
  return { over: over.promise, done: done.promise }
}
