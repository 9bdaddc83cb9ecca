import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { bringToFormat, type DataMigration, readDataFormat, refuseNewer } from '../adapters/file/data-format.ts'
import { lockDirectory } from '../adapters/file/directory-lock.ts'
import { openFileDisk } from '../adapters/file/file-disk.ts'
import { openReadOnlyDisk } from '../adapters/file/read-only-disk.ts'
import { addChecksums } from '../adapters/level/add-checksums.ts'
import { openLevelCopy } from '../adapters/level/level-copy.ts'
import { openLevelStore } from '../adapters/level/level-store.ts'
import type { Disk } from '../ports/disk.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { OperationalError } from '../primitives/operational-error.ts'

/** The format of the data directory that this program writes. A change of it comes with a migration from the one before. */
export const dataFormat = 2

export const dataMigrations: readonly DataMigration[] = [
  { from: 1, what: 'each stored value gets a checksum', run: (directory) => addChecksums(join(directory, 'chain')) },
]

export interface OpenedDirectory {
  readonly disk: Disk
  release(): Promise<void>
}

/** Takes a data directory for this process, created when absent, and brings it to the present format. */
export async function openDataDirectory(directory: string, telemetry?: Pick<Telemetry, 'log'>): Promise<OpenedDirectory> {
  const lock = await lockDirectory(directory)
  try {
    await bringToFormat({
      directory,
      current: dataFormat,
      migrations: dataMigrations,
      onMigration: ({ from, what }) => telemetry?.log('info', 'bringing the data directory to a newer format', { from, what }),
    })
    return { disk: await openFileDisk({ directory, openStore: (path) => openLevelStore(path) }), release: lock.release }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/**
 * The data directory of a node that does not run, to look at: nothing in it is changed. Throws DATA_DIR_MISSING, DATA_DIR_LOCKED while a
 * node runs on it, DATA_FORMAT_NEWER and DATA_FORMAT_OLDER.
 */
export async function openDataDirectoryToRead(directory: string): Promise<OpenedDirectory & { readonly format: number }> {
  await access(directory).catch((cause: Error) => {
    throw new OperationalError('DATA_DIR_MISSING', cause.message, { where: directory, cause })
  })
  const lock = await lockDirectory(directory)
  try {
    const format = (await readDataFormat(directory)) ?? dataFormat
    refuseNewer(directory, format, dataFormat)
    if (format < dataFormat) {
      throw new OperationalError('DATA_FORMAT_OLDER', `The data directory has format ${format}, not ${dataFormat}.`, {
        where: directory,
      })
    }
    const disk = await openReadOnlyDisk({ directory, openStore: openLevelCopy })
    return { disk, format, release: lock.release }
  } catch (error) {
    await lock.release()
    throw error
  }
}
