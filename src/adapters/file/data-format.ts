import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationalError } from '../../primitives/operational-error.ts'
import { isMissing, onDisk } from './file-error.ts'
import { replaceFile } from './replace-file.ts'

/** Brings a data directory from one format to the next. Interrupted anywhere, it is begun again and comes to the same end. */
export interface DataMigration {
  readonly from: number
  /** What changes, for the log. */
  readonly what: string
  run(directory: string): Promise<void>
}

/** Names the format of the data directory, in digits. A directory from before it was written down has format 1. */
const fileName = 'format'

/** The format of a data directory; `undefined` where nothing is in it. Throws DATA_FORMAT_UNKNOWN. */
export async function readDataFormat(directory: string): Promise<number | undefined> {
  const path = join(directory, fileName)
  const text = await onDisk(path, () => readFile(path, 'utf8')).catch((error: Error) => {
    if (isMissing(error.cause)) return undefined
    throw error
  })
  if (text === undefined) return (await holdsData(directory)) ? 1 : undefined
  if (/^[1-9][0-9]{0,5}\n$/.test(text)) return Number(text)
  throw new OperationalError('DATA_FORMAT_UNKNOWN', 'The file does not name a format of the data directory.', { where: path })
}

/**
 * Brings a data directory to the format `current`, by the migrations between, each noted when it is done. Throws DATA_FORMAT_NEWER where
 * a newer program wrote it.
 */
export async function bringToFormat(options: {
  readonly directory: string
  readonly current: number
  readonly migrations: readonly DataMigration[]
  readonly onMigration?: (migration: DataMigration) => void
}): Promise<void> {
  const { directory, current, migrations } = options
  const path = join(directory, fileName)
  await onDisk(directory, () => mkdir(directory, { recursive: true, mode: 0o700 }))
  const note = (format: number) => onDisk(path, () => replaceFile(path, new TextEncoder().encode(`${format}\n`)))
  let format = await readDataFormat(directory)
  if (format === undefined) return note(current)
  refuseNewer(directory, format, current)
  while (format < current) {
    const migration = migrations.find(({ from }) => from === format)
    if (!migration) throw new OperationalError('DATA_FORMAT_UNKNOWN', `Nothing leads from format ${format} on.`, { where: path })
    options.onMigration?.(migration)
    await migration.run(directory)
    format++
    await note(format)
  }
}

export function refuseNewer(directory: string, format: number, current: number): void {
  if (format <= current) return
  const message = `The data directory has format ${format}; this program knows formats up to ${current}.`
  throw new OperationalError('DATA_FORMAT_NEWER', message, { where: directory })
}

async function holdsData(directory: string): Promise<boolean> {
  const names = await onDisk(directory, () => readdir(directory)).catch((error: Error): string[] => {
    if (isMissing(error.cause)) return []
    throw error
  })
  return names.includes('chain')
}
