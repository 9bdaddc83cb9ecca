import { copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Store } from '../../ports/store.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { openLevelStore } from './level-store.ts'

/**
 * A store as it lies on disk, for looking at it: nothing in its directory is changed, not even by opening it, which for LevelDB means
 * writing. What is changed here is gone with `close`. Tables, which LevelDB never changes, are linked; the rest, a few megabytes, is
 * copied. The store must not be in use.
 */
export async function openLevelCopy(location: string): Promise<Store> {
  const scratch = await mkdtemp(join(tmpdir(), 'synod-look-'))
  const discard = () => rm(scratch, { recursive: true, force: true })
  try {
    await copyInto(scratch, location)
    const store = await openLevelStore(scratch, { where: location })
    return {
      ...store,
      async close() {
        await store.close()
        await discard()
      },
    }
  } catch (error) {
    await discard()
    throw error
  }
}

async function copyInto(scratch: string, location: string): Promise<void> {
  try {
    for (const name of await readdir(location)) {
      const [from, to] = [resolve(location, name), join(scratch, name)]
      if (name === 'LOCK') continue
      if (/\.(ldb|sst)$/.test(name)) await symlink(from, to).catch(() => copyFile(from, to))
      else await copyFile(from, to)
    }
  } catch (cause) {
    throw new OperationalError('DISK_FAILED', `The store cannot be read: ${(cause as Error).message}`, { where: location, cause })
  }
}
