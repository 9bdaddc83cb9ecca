import { type Inspection, inspect } from '../../engine/inspection.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { openDataDirectoryToRead } from '../../node/data-directory.ts'
import { toHex } from '../../primitives/bytes.ts'
import { aligned, answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'
import { homeOf } from '../frame/shared-options.ts'

export interface RecoveryInvocation<Options> {
  readonly console: Console
  readonly options: Options & { readonly home: string | undefined; readonly set: readonly string[]; readonly json: boolean }
}

export async function runInspect({ options, console }: RecoveryInvocation<{ readonly everything: boolean }>): Promise<number> {
  const { environment } = console
  const { dataDirectory } = await loadNodeConfig({ home: homeOf(options.home, console), environment, overrides: options.set })
  const { disk, format, release } = await openDataDirectoryToRead(dataDirectory)
  try {
    const found = await inspect(disk, { everything: options.everything })
    answer(console, options.json, { dataDirectory, format, ...viewOf(found) }, describe(dataDirectory, format, found))
    return found.faults.length === 0 ? 0 : 1
  } finally {
    await release()
  }
}

function viewOf({ chain, log, lastSigned, rollbacks, faults }: Inspection): object {
  return {
    chain: chain ? { ...chain, hash: chain.hash ? toHex(chain.hash) : null, stateRoot: toHex(chain.stateRoot) } : null,
    log: log ?? null,
    lastSigned: lastSigned ? { height: lastSigned.height, round: lastSigned.round, step: lastSigned.step } : null,
    rollbacks: rollbacks.map(({ at, from, to }) => ({ at, from, to })),
    faults,
  }
}

const steps = ['proposal', 'prevote', 'precommit']

function describe(
  directory: string,
  format: number,
  { chain, log, lastSigned, rollbacks, faults }: Inspection,
): readonly string[] {
  const rows: [string, string][] = [['data', `${directory}, format ${format}`]]
  if (chain) {
    const { height, hash, time, stateVersions } = chain
    const when = time === undefined ? 'no block yet' : new Date(time).toISOString()
    rows.push(
      ['height', `${height} (${when})`],
      ['block', hash ? toHex(hash) : 'none'],
      ['blocks', chain.newestBlock === 0 ? 'none' : `${chain.oldestBlock} to ${chain.newestBlock}`],
      ['state', `${toHex(chain.stateRoot)}, ${chain.stateKeys} keys`],
      ['states kept', spansOf(stateVersions)],
    )
  }
  if (log) rows.push(['log', `${log.records} records, ${log.bytes} bytes${log.tornBytes > 0 ? `, ${log.tornBytes} torn` : ''}`])
  rows.push([
    'last signed',
    lastSigned ? `height ${lastSigned.height}, round ${lastSigned.round}, ${steps[lastSigned.step]}` : 'nothing',
  ])
  for (const { at, from, to } of rollbacks) rows.push(['rolled back', `${new Date(at).toISOString()} from ${from} to ${to}`])
  const lines = faults.flatMap(({ file, code, message, hint }) => ['', `${code}  ${file}`, `  ${message}`, `  ${hint}`])
  return [...aligned(rows), ...(lines.length > 0 ? lines : ['', 'nothing damaged was found'])]
}

/** `5, 10 to 12` for the heights 5, 10, 11 and 12. */
function spansOf(heights: readonly number[]): string {
  const spans: [number, number][] = []
  for (const height of heights) {
    const last = spans.at(-1)
    if (last && last[1] === height - 1) last[1] = height
    else spans.push([height, height])
  }
  return spans.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`)).join(', ') || 'none'
}
