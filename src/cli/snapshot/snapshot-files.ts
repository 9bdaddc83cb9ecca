import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { onDisk } from '../../adapters/file/file-error.ts'
import { syncDirectoryOf } from '../../adapters/file/sync-directory.ts'
import { readRecord, readRecords, type SnapshotHead, snapshotHeadSchema } from '../../engine/snapshot-file.ts'
import type { Bytes } from '../../primitives/bytes.ts'

/** Below the home, where `snapshot create` puts its files. */
export const snapshotDirectory = 'snapshots'
const suffix = '.snapshot'
const readBytes = 1 << 20

export function snapshotPath(directory: string, height: number): string {
  return join(directory, `${height}${suffix}`)
}

/** Writes a file as it comes. It has its name only when it is whole and on disk. Resolves to its size. */
export async function writeWhole(path: string, parts: AsyncIterable<Bytes>): Promise<number> {
  const temporary = `${path}.part`
  return onDisk(path, async () => {
    await mkdir(dirname(path), { recursive: true })
    let bytes = 0
    try {
      const file = await open(temporary, 'w', 0o644)
      try {
        for await (const part of parts) {
          await file.writeFile(part)
          bytes += part.length
        }
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    await syncDirectoryOf(path)
    return bytes
  })
}

export async function* readParts(path: string): AsyncGenerator<Bytes> {
  const file = await onDisk(path, () => open(path))
  try {
    yield* createReadStream(path, { fd: file, autoClose: false, highWaterMark: readBytes })
  } finally {
    await file.close()
  }
}

/** The files in a directory, by what their first record says; those without one are left out. */
export async function listFiles(
  directory: string,
): Promise<readonly { readonly path: string; readonly bytes: number; readonly head: SnapshotHead }[]> {
  const names = await readdir(directory).catch(() => [])
  const found = names.filter((name) => name.endsWith(suffix)).map((name) => join(directory, name))
  const files: { path: string; bytes: number; head: SnapshotHead }[] = []
  for (const path of found) {
    const head = await headOf(path).catch(() => undefined)
    if (head) files.push({ path, bytes: (await stat(path)).size, head })
  }
  return files.sort((left, right) => left.head.height - right.head.height)
}

async function headOf(path: string): Promise<SnapshotHead | undefined> {
  for await (const record of readRecords(readParts(path))) return readRecord(snapshotHeadSchema, record)
  return undefined
}
