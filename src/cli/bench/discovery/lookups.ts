import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerId } from '../../../ports/network.ts'
import { type WorkerProcess, withWorkerProcesses } from '../../frame/worker-processes.ts'
import { percentile } from '../../percentile.ts'
import { type Figure, figure } from '../figure.ts'
import type { DirectoryOrder, DirectoryReport } from './directory-process.ts'

const processes = 5
const nodesPerProcess = 10
const searchesPerNode = 2
const nodes = processes * nodesPerProcess
const settlingSecondsMax = 180
/** Nodes that ask nothing for so long have joined. */
const quietSeconds = 5

type Member = WorkerProcess<DirectoryOrder, DirectoryReport>

/** Fifty real nodes on loopback, in five processes, which find each other and then look for nodes to which they are not connected. */
export async function benchLookups(onProgress: (line: string) => void): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-lookups-'))
  try {
    return await withWorkerProcesses(
      join(import.meta.dirname, 'directory-process'),
      processes,
      async (members: readonly Member[]) => {
        await startAll(members, directory)
        onProgress(`${nodes} nodes in ${processes} processes`)
        const settled = await settle(members)
        const searches = plan(settled)
        const before = questionsOf(settled)
        const foundMs: number[] = []
        for (const [place, member] of members.entries()) {
          const report = await member.ask({ kind: 'look', searches: searches[place] ?? [] })
          foundMs.push(...report.foundMs)
        }
        const asked = questionsOf(await countAll(members)) - before
        const sought = searches.flat().length
        onProgress(`${sought} lookups, one at a time`)
        return [
          figure('dhtLookupMsP50', percentile(foundMs, 0.5) ?? Number.NaN, 'ms'),
          figure('dhtLookupMsP99', percentile(foundMs, 0.99) ?? Number.NaN, 'ms'),
          figure('dhtLookupFoundShare', foundMs.length / sought, 'of 1'),
          figure('dhtQuestionsPerLookup', asked / sought, ''),
        ]
      },
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The first knows nobody, and all others the first; a process's nodes start one after the other. */
async function startAll([first, ...others]: readonly Member[], directory: string): Promise<void> {
  const genesisTime = Date.now()
  const order = (place: number, entrance: string | undefined): DirectoryOrder => ({
    kind: 'start',
    places: Array.from({ length: nodesPerProcess }, (_, index) => place * nodesPerProcess + index),
    genesisTime,
    directory,
    entrance,
  })
  const report = await (first as Member).ask(order(0, undefined))
  const entrance = report.nodes[0]?.address
  await Promise.all(others.map((member, index) => member.ask(order(index + 1, entrance))))
}

const countAll = (members: readonly Member[]) => Promise.all(members.map((member) => member.ask({ kind: 'count' })))
const questionsOf = (reports: readonly DirectoryReport[]) => reports.reduce((sum, { questions }) => sum + questions, 0)

async function settle(members: readonly Member[]): Promise<readonly DirectoryReport[]> {
  const deadline = performance.now() + settlingSecondsMax * 1000
  let reports = await countAll(members)
  for (let asked = -1; asked < questionsOf(reports) && performance.now() < deadline; ) {
    asked = questionsOf(reports)
    await pause(quietSeconds)
    reports = await countAll(members)
  }
  return reports
}

/** Whom each node looks for, by process: others are as many places away as searches are apart. */
function plan(reports: readonly DirectoryReport[]): readonly (readonly { from: number; peer: PeerId }[])[] {
  const ids = reports.flatMap((report) => report.nodes.map(({ id }) => id))
  return reports.map((report, place) =>
    report.nodes.flatMap(({ id, peers }, from) => {
      const strangers = ids.filter((other) => other !== id && !peers.includes(other))
      const turn = place * nodesPerProcess + from
      const chosen = Array.from({ length: searchesPerNode }, (_, index) => strangers[(turn * 7 + index * 11) % strangers.length])
      return [...new Set(chosen)].flatMap((peer) => (peer === undefined ? [] : [{ from, peer }]))
    }),
  )
}

function pause(seconds: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, seconds * 1000))
}
