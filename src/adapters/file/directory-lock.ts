import { mkdir, stat } from 'node:fs/promises'
import { OperationalError } from '../../primitives/operational-error.ts'
import { onDisk } from './file-error.ts'
import { holdName, type NamedLock } from './named-lock.ts'

/**
 * Takes a data directory for this process, created when absent. The lock belongs to the directory itself, by whatever path it is
 * reached, and ends with the process. Where directories are shared between network namespaces or machines the database's own lock
 * still refuses the second. Throws DATA_DIR_LOCKED naming the process that has it.
 */
export async function lockDirectory(directory: string): Promise<NamedLock> {
  const { dev, ino } = await onDisk(directory, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    return stat(directory, { bigint: true })
  })
  const lock = await holdName(`synod-data-${dev}-${ino}`)
  if ('release' in lock) return lock
  const who = lock.heldBy > 0 ? `process ${lock.heldBy}` : 'another process'
  throw new OperationalError('DATA_DIR_LOCKED', `The data directory is in use by ${who}.`, { where: directory })
}
