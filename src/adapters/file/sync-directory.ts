import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { platform } from 'node:process'

/** Makes the names in a file's directory durable. Windows keeps names durable by itself and cannot open a directory. */
export async function syncDirectoryOf(path: string): Promise<void> {
  if (platform === 'win32') return
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
