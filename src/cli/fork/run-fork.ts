import { type ForkRecord, readForkRecord, withChoice, writeForkRecord } from '../../engine/fork-record.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { openDataDirectory, openDataDirectoryToRead } from '../../node/data-directory.ts'
import { fromHex, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { aligned, answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'
import { homeOf } from '../frame/shared-options.ts'

interface ForkInvocation<More = object> {
  readonly options: { readonly home: string | undefined; readonly set: readonly string[]; readonly json: boolean } & More
  readonly console: Console
}

export async function runFork({ options, console }: ForkInvocation): Promise<number> {
  const { disk, release } = await openDataDirectoryToRead(await dataDirectoryOf({ options, console }))
  try {
    const record = await readForkRecord(disk)
    if (!record) {
      answer(console, options.json, { fork: null }, ['no fork is known here'])
      return 0
    }
    answer(console, options.json, { fork: inWords(record) }, linesOf(record))
    return record.chosen ? 0 : 1
  } finally {
    await release()
  }
}

export async function runForkResolve({ options, console }: ForkInvocation<{ readonly block: string }>): Promise<number> {
  const chosen = fromHex(options.block)
  if (chosen?.length !== 32) throw new OperationalError('USAGE_INVALID', 'A block’s hash has 64 hexadecimal digits.')
  const { disk, release } = await openDataDirectory(await dataDirectoryOf({ options, console }))
  try {
    const record = await readForkRecord(disk)
    if (!record) throw new OperationalError('USAGE_INVALID', 'No fork is known here: there is nothing to settle.')
    const settled = withChoice(record, chosen)
    await writeForkRecord(disk, settled)
    answer(console, options.json, { fork: inWords(settled) }, [
      `settled on ${toHex(chosen)} at height ${record.height}`,
      `a node that holds the other block goes back first: synod rollback --to ${record.height - 1}`,
    ])
    return 0
  } finally {
    await release()
  }
}

async function dataDirectoryOf({ options, console }: ForkInvocation): Promise<string> {
  const { environment } = console
  const home = homeOf(options.home, console)
  return (await loadNodeConfig({ home, environment, overrides: options.set })).dataDirectory
}

function inWords({ at, height, first, second, convicted, suspects, chosen, polkas }: ForkRecord) {
  const block = ({ blockHash, round }: ForkRecord['first']) => ({ hash: toHex(blockHash), round })
  return {
    height,
    at,
    blocks: [block(first), block(second)],
    convicted: convicted.map(toHex),
    suspects: suspects.map(toHex),
    polkas: polkas.length,
    chosen: chosen ? toHex(chosen) : null,
  }
}

function linesOf(record: ForkRecord): readonly string[] {
  const { height, at, blocks, convicted, suspects, chosen } = inWords(record)
  return aligned([
    ['height', `${height}, found ${new Date(at).toISOString()}`],
    ...blocks.map(({ hash, round }): [string, string] => ['block', `${hash}, round ${round}`]),
    ...convicted.map((key): [string, string] => ['convicted', key]),
    ...suspects.map((key): [string, string] => ['suspected', key]),
    ['settled', chosen ?? 'not yet: synod fork resolve --block <hash>'],
  ])
}
