import { constants, type FileHandle, open } from 'node:fs/promises'
import type { AppendFile } from '../../ports/disk.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { onDisk } from './file-error.ts'
import { syncDirectoryOf } from './sync-directory.ts'

/**
 * An append-only file. Calls of `sync` that meet a running one share the next: under load one fdatasync serves many. After a failed
 * write or sync the file refuses everything, since the system may have dropped what it could not write and would not say so again.
 */
export async function openAppendFile(path: string): Promise<AppendFile> {
  const file = await onDisk(path, () => open(path, constants.O_RDWR | constants.O_CREAT, 0o600))
  await onDisk(path, () => syncDirectoryOf(path))
  let length = await onDisk(path, async () => (await file.stat()).size)
  let queue: Bytes[] = []
  let running: Promise<unknown> = Promise.resolve()
  let waitingSync: Promise<void> | undefined
  let failure: OperationalError | undefined

  /** Runs work on the file after all work before it. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = running.then(async () => {
      if (failure) throw failure
      try {
        return await onDisk(path, work)
      } catch (error) {
        if (error instanceof OperationalError) failure = error
        throw error
      }
    })
    running = turn.catch(() => undefined)
    return turn
  }

  async function writeQueue(): Promise<void> {
    if (queue.length === 0) return
    const bytes = concatBytes(...queue)
    queue = []
    await writeAll(file, bytes, length)
    length += bytes.length
  }

  return {
    read: () =>
      inTurn(async () => {
        await writeQueue()
        return readAll(file, length)
      }),
    append(bytes) {
      queue.push(bytes.slice())
    },
    sync() {
      waitingSync ??= inTurn(async () => {
        waitingSync = undefined
        await writeQueue()
        await file.datasync()
      }).finally(() => {
        if (failure) waitingSync = undefined
      })
      return waitingSync
    },
    truncate: (to) =>
      inTurn(async () => {
        await writeQueue()
        await file.truncate(to)
        await file.datasync()
        length = to
      }),
    async close() {
      await running
      await onDisk(path, () => file.close())
    },
  }
}

/** The system may take less than it is given. */
async function writeAll(file: FileHandle, bytes: Bytes, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

async function readAll(file: FileHandle, length: number): Promise<Bytes> {
  const content = new Uint8Array(length)
  for (let read = 0; read < length; ) {
    const { bytesRead } = await file.read(content, read, length - read, read)
    if (bytesRead === 0) throw new Error(`the file ends at ${read} of ${length} bytes`)
    read += bytesRead
  }
  return content
}
