import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Disk } from '../../ports/disk.ts'
import type { Store } from '../../ports/store.ts'
import { assert } from '../../primitives/assert.ts'
import { openAppendFile } from './append-file.ts'
import { isMissing, onDisk } from './file-error.ts'
import { replaceFile } from './replace-file.ts'

export interface FileDiskOptions {
  readonly directory: string
  /** Opens an ordered key-value store in a directory of its own. */
  readonly openStore: (directory: string) => Promise<Store>
}

/** `Disk` over a real directory, created when absent and readable by its owner alone. */
export async function openFileDisk({ directory, openStore }: FileDiskOptions): Promise<Disk> {
  await onDisk(directory, () => mkdir(directory, { recursive: true, mode: 0o700 }))
  /** Small files are replaced one after another, so that two writers of one name never share its temporary file. */
  let replacing: Promise<unknown> = Promise.resolve()

  return {
    openFile: (name) => openAppendFile(pathOf(directory, name)),
    async readSmall(name) {
      const path = pathOf(directory, name)
      return onDisk(path, async () => new Uint8Array(await readFile(path))).catch((error: Error) => {
        if (isMissing(error.cause)) return undefined
        throw error
      })
    },
    writeSmall(name, content) {
      const path = pathOf(directory, name)
      const turn = replacing.then(() => onDisk(path, () => replaceFile(path, content)))
      replacing = turn.catch(() => undefined)
      return turn
    },
    openStore: (name) => openStore(pathOf(directory, name)),
  }
}

function pathOf(directory: string, name: string): string {
  assert(/^[a-z0-9][a-z0-9-]*$/.test(name), 'a name on the disk is plain: no paths, no extensions')
  return join(directory, name)
}
