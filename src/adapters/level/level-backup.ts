import { access, copyFile, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationalError } from '../../primitives/operational-error.ts'
import { onLevel } from './level-error.ts'

/** Each attempt takes milliseconds, and is in vain only if a table was finished meanwhile. */
const attemptsMax = 100
const pauseMs = 20

/**
 * The store at `location` as it is at one moment, put beside it at `staging` while another process goes on writing it. LevelDB never
 * changes a table, appends to its log, and says in its manifest which tables count: if that is the same before and after everything was
 * taken, it is all there. Tables are linked, so that they stay when the store drops them; the rest, a few megabytes, is copied.
 * What is staged is to be copied before it is opened: a store that is opened may write where a table of the other is only linked.
 * The log may end in the middle of a batch, which LevelDB leaves out: the copy is what a power failure would have left.
 */
export async function stageLiveLevel(location: string, staging: string): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    await rm(staging, { recursive: true, force: true })
    await onLevel(location, () => access(location))
    await onLevel(staging, () => mkdir(staging))
    const staged = await onLevel(location, () => stage(location, staging)).catch((error: unknown) => {
      if (isMissing((error as Error).cause)) return false
      throw error
    })
    if (staged) return
    await new Promise((resume) => setTimeout(resume, pauseMs))
  }
  throw new OperationalError('DISK_FAILED', 'The store is written so fast that no moment of it could be taken.', {
    where: location,
  })
}

async function stage(location: string, staging: string): Promise<boolean> {
  const before = await manifestOf(location)
  const names = await readdir(location)
  for (const name of names.filter((candidate) => /\.(ldb|sst)$/.test(candidate))) {
    await linked(join(location, name), join(staging, name))
  }
  // An older log is complete when there is a newer one, so it comes first; one that is begun after the list was made is not taken.
  const logs = names
    .filter((name) => name.endsWith('.log'))
    .sort((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10))
  for (const name of logs) await copyFile(join(location, name), join(staging, name))
  await writeFile(join(staging, before.name), before.content)
  await writeFile(join(staging, 'CURRENT'), `${before.name}\n`)
  const after = await manifestOf(location)
  return after.name === before.name && after.content.equals(before.content)
}

/** A link costs nothing and keeps the table; a copy does where links cannot be made. */
async function linked(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (isMissing(error)) throw error
    await copyFile(from, to)
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

async function manifestOf(location: string): Promise<{ readonly name: string; readonly content: Buffer }> {
  const name = (await readFile(join(location, 'CURRENT'), 'utf8')).trim()
  return { name, content: await readFile(join(location, name)) }
}
