import { open, rename } from 'node:fs/promises'
import type { Bytes } from '../../primitives/bytes.ts'
import { syncDirectoryOf } from './sync-directory.ts'

/** New content beside the old, durable before it takes the name, and the name durable before it counts. */
export async function replaceFile(path: string, content: Bytes): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncDirectoryOf(path)
}
