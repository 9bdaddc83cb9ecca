import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppendFile, Disk } from '../../ports/disk.ts'
import type { Store } from '../../ports/store.ts'
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { isMissing, onDisk } from './file-error.ts'

export interface ReadOnlyDiskOptions {
  readonly directory: string
  /** Opens a store that can be changed without changing what is in its directory. */
  readonly openStore: (directory: string) => Promise<Store>
}

/** `Disk` over a directory in which nothing is written: what readers cut off or change stays with them. */
export async function openReadOnlyDisk({ directory, openStore }: ReadOnlyDiskOptions): Promise<Disk> {
  await access(directory).catch((cause: Error) => {
    throw new OperationalError('DATA_DIR_MISSING', cause.message, { where: directory, cause })
  })
  const readWhole = async (name: string): Promise<Bytes | undefined> => {
    const path = join(directory, name)
    return onDisk(path, async () => new Uint8Array(await readFile(path))).catch((error: Error) => {
      if (isMissing(error.cause)) return undefined
      throw error
    })
  }
  return {
    openFile: async (name) => unchanging((await readWhole(name)) ?? new Uint8Array(0)),
    readSmall: readWhole,
    writeSmall: async () => assert(false, 'nothing is written to a disk that is only looked at'),
    openStore: (name) => openStore(join(directory, name)),
  }
}

function unchanging(content: Bytes): AppendFile {
  return {
    read: async () => content,
    append: () => assert(false, 'nothing is written to a disk that is only looked at'),
    sync: async () => undefined,
    truncate: async () => undefined,
    close: async () => undefined,
  }
}
