import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openLevelStore } from './level-store.ts'

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-level-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

const key = Uint8Array.of(1)

it('says DATA_DIR_LOCKED where the store is open already', async () => {
  const directory = await temporaryDirectory()
  const store = await openLevelStore(directory)
  await expect(openLevelStore(directory)).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED', where: directory })
  await store.close()
  await (await openLevelStore(directory)).close()
})

it('says STORE_CORRUPT where the database is damaged', async () => {
  const directory = await temporaryDirectory()
  const store = await openLevelStore(directory)
  await store.write([[key, key]], { durable: true })
  await store.close()
  for (const name of await readdir(directory)) if (name.startsWith('MANIFEST')) await truncate(join(directory, name), 10)
  await expect(openLevelStore(directory)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
})

it('says DISK_FAILED where there is no directory to be had', async () => {
  const file = join(await temporaryDirectory(), 'file')
  await writeFile(file, '')
  await expect(openLevelStore(join(file, 'store'))).rejects.toMatchObject({ code: 'DISK_FAILED' })
})

it('gives plain arrays', async () => {
  const store = await openLevelStore(await temporaryDirectory())
  await store.write([[key, key]], { durable: false })
  expect(store.get(key)?.constructor).toBe(Uint8Array)
  const [entry] = await store.range({ from: key, to: Uint8Array.of(2), limit: 1 })
  expect(entry?.map((part) => part.constructor)).toEqual([Uint8Array, Uint8Array])
  await store.close()
})
