import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { isMissing, onDisk } from '../../adapters/file/file-error.ts'
import { holdName } from '../../adapters/file/named-lock.ts'
import { syncDirectoryOf } from '../../adapters/file/sync-directory.ts'
import { stageLiveLevel } from '../../adapters/level/level-backup.ts'
import { openLevelStore } from '../../adapters/level/level-store.ts'
import { openBlockStore } from '../../engine/block-store.ts'
import { openStateStore } from '../../engine/state-store.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'
import { homeOf } from '../frame/shared-options.ts'

interface BackupInvocation {
  readonly console: Console
  readonly options: {
    readonly home: string | undefined
    readonly set: readonly string[]
    readonly json: boolean
    readonly to: string
  }
}

/** Written piece by piece, or about to be replaced. All other files are replaced as a whole when they change, so that a copy is one of them. */
const leftOut = /^wal|\.new$/
/** The newest there is: it must not be older than the chain beside it. */
const lastSigned = 'last-signed'
const staging = 'chain-backup'

/** Copies the data directory of a node, running or not. The place has its name only when all is there and has been opened once. */
export async function runBackup({ options, console }: BackupInvocation): Promise<number> {
  const { environment } = console
  const { dataDirectory } = await loadNodeConfig({
    home: homeOf(options.home, console),
    environment,
    overrides: options.set,
  })
  const to = resolve(console.workingDirectory, options.to)
  await refuseFull(to)
  const lock = await lockBackup(dataDirectory)
  const growing = `${to}.part`
  try {
    await rm(growing, { recursive: true, force: true })
    await onDisk(growing, () => mkdir(join(growing, 'chain'), { recursive: true, mode: 0o700 }))
    await copyChain(dataDirectory, join(growing, 'chain'), (line) => console.err(`${line}\n`))
    for (const name of await smallFiles(dataDirectory)) await copySmall(join(dataDirectory, name), join(growing, name))
    const tip = await tipOf(join(growing, 'chain'))
    await onDisk(to, () => rename(growing, to))
    await syncDirectoryOf(to)
    answer(console, options.json, { directory: to, ...tip }, [`${to}: the chain up to block ${tip.height}, ${tip.hash}`])
    return 0
  } finally {
    await rm(growing, { recursive: true, force: true })
    await rm(join(dataDirectory, staging), { recursive: true, force: true })
    await lock.release()
  }
}

async function refuseFull(to: string): Promise<void> {
  const names = await readdir(to).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw new OperationalError('DISK_FAILED', (error as Error).message, { where: to, cause: error })
  })
  if (names.length > 0) throw new OperationalError('DATA_DIR_NOT_EMPTY', 'A backup needs a new place.', { where: to })
}

/** Two at once of one directory would take each other's files. */
async function lockBackup(directory: string) {
  const { dev, ino } = await stat(directory, { bigint: true }).catch((cause: Error) => {
    throw new OperationalError('DATA_DIR_MISSING', cause.message, { where: directory, cause })
  })
  const lock = await holdName(`synod-backup-${dev}-${ino}`)
  if ('release' in lock) return lock
  throw new OperationalError('DATA_DIR_LOCKED', 'Another backup of it is being made.', { where: directory })
}

async function copyChain(directory: string, to: string, onProgress: (line: string) => void): Promise<void> {
  const staged = join(directory, staging)
  await stageLiveLevel(join(directory, 'chain'), staged)
  const names = await readdir(staged)
  let tenths = 0
  for (const [index, name] of names.entries()) {
    await onDisk(join(to, name), () => copyDurably(join(staged, name), join(to, name)))
    const reached = Math.floor((10 * (index + 1)) / names.length)
    if (reached > tenths) onProgress(`files copied: ${index + 1} of ${names.length}`)
    tenths = reached
  }
}

/** The last-signed record last. */
async function smallFiles(directory: string): Promise<readonly string[]> {
  const entries = await onDisk(directory, () => readdir(directory, { withFileTypes: true }))
  const names = entries.filter((entry) => entry.isFile() && !leftOut.test(entry.name)).map(({ name }) => name)
  return [...names.filter((name) => name !== lastSigned), lastSigned]
}

async function copySmall(from: string, to: string): Promise<void> {
  await onDisk(from, () => copyDurably(from, to)).catch((error: Error) => {
    if (!isMissing(error.cause)) throw error
  })
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to)
  const file = await open(to, 'r+')
  await file.sync().finally(() => file.close())
}

/** Opening it ends what was under way when it was taken, as after a power failure, and shows that it can be opened. */
async function tipOf(
  location: string,
): Promise<{ readonly height: number; readonly hash: string | null; readonly stateRoot: string }> {
  const store = await openLevelStore(location, { where: dirname(location) })
  try {
    const { version: height, root } = await openStateStore(store)
    const hash = openBlockStore(store).header(height)?.commit.blockHash
    return { height, hash: hash ? toHex(hash) : null, stateRoot: toHex(root) }
  } finally {
    await store.close()
  }
}
