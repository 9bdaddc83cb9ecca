import { constants, type FileHandle, link, open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Entropy } from '../../ports/entropy.ts'
import { type Bytes, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'

/**
 * A secret in a file of its own, for its owner alone. It is created whole or not at all, and never replaced: of two processes that
 * create it at once, one reads what the other wrote. What goes wrong is thrown as KEY_FILE_EXPOSED, _DAMAGED or _FAILED.
 */
const mode = 0o600
const otherUsers = 0o077

/** `undefined` when there is no file; refused when others on this machine may use it. */
export async function readPrivateFile(path: string, bytesMax: number): Promise<Bytes | undefined> {
  let file: FileHandle
  try {
    // Opening a pipe in the file's place must not wait for somebody to write into it.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw failed(path, 'The file could not be read.', error)
  }
  try {
    const status = await file.stat()
    if (!status.isFile() || status.size > bytesMax) {
      throw new OperationalError('KEY_FILE_DAMAGED', 'This is no file of Synod’s own.', { where: path })
    }
    // Windows keeps access in lists of its own, which this mode does not show.
    if (process.platform !== 'win32' && (status.mode & otherUsers) !== 0) {
      const shown = (status.mode & 0o777).toString(8)
      throw new OperationalError('KEY_FILE_EXPOSED', `The file’s mode is ${shown}: others may use it.`, { where: path })
    }
    return new Uint8Array(await file.readFile())
  } catch (error) {
    throw error instanceof OperationalError ? error : failed(path, 'The file could not be read.', error)
  } finally {
    await file.close()
  }
}

/** False, and nothing is changed, when the file exists. */
export async function createPrivateFile(path: string, content: Bytes, entropy: Entropy): Promise<boolean> {
  const draft = join(dirname(path), `.${basename(path)}.${toHex(entropy.bytes(8))}`)
  try {
    await writeDurably(draft, content)
    // Unlike a rename, a link does not replace a file that came into being meanwhile.
    await link(draft, path)
    await syncDirectory(dirname(path))
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw failed(path, 'The file could not be created.', error)
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeDurably(path: string, content: Bytes): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes the file's name durable, where directories can be opened at all. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function failed(path: string, message: string, cause: unknown): OperationalError {
  return new OperationalError('KEY_FILE_FAILED', message, { where: path, cause })
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
