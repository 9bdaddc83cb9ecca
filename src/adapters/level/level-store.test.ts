import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { expect, it, onTestFinished } from 'vitest'
import { OperationalError } from '../../primitives/operational-error.ts'
import { addChecksums } from './add-checksums.ts'
import { openLevelCopy } from './level-copy.ts'
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

const all = { from: Uint8Array.of(0), to: Uint8Array.of(0xff), limit: 10_000 }
const entry = (index: number): [Uint8Array, Uint8Array] => [
  Uint8Array.of(index >> 8, index & 0xff),
  new Uint8Array(100).fill(index),
]

/** The bytes of each file of a directory, with its times. */
async function picture(directory: string): Promise<unknown> {
  const names = await readdir(directory)
  return Promise.all(
    names.map(async (name) => {
      const { mtimeMs, ctimeMs, nlink } = await stat(join(directory, name))
      return [name, mtimeMs, ctimeMs, nlink, (await readFile(join(directory, name))).toString('base64')]
    }),
  )
}

it('never reads a damaged value as a good one, wherever in its tables a bit flips', async () => {
  const directory = await temporaryDirectory()
  const store = await openLevelStore(directory)
  const entries = Array.from({ length: 300 }, (_, index) => entry(index))
  await store.write(entries, { durable: true })
  await store.compact?.(all.from, all.to)
  await store.close()
  const table = (await readdir(directory)).find((name) => name.endsWith('.ldb')) as string
  const whole = await readFile(join(directory, table))
  let refused = 0
  for (let at = 50; at < 300 * 100; at += 997) {
    const bent = Buffer.from(whole)
    bent[at]! ^= 4
    await writeFile(join(directory, table), bent)
    try {
      const opened = await openLevelStore(directory)
      try {
        for (const [name, content] of await opened.range(all)) expect(entry(name[0]! * 256 + name[1]!)[1]).toEqual(content)
      } finally {
        await opened.close()
      }
    } catch (error) {
      expect(error).toBeInstanceOf(OperationalError)
      expect(error).toMatchObject({ code: 'STORE_CORRUPT', where: directory })
      refused++
    }
  }
  expect(refused).toBeGreaterThan(25)
})

it('is looked at by a copy without a trace, also when it was not closed, and changed there alone', async () => {
  const directory = await temporaryDirectory()
  const store = await openLevelStore(directory)
  await store.write([entry(1)], { durable: true })
  await store.compact?.(all.from, all.to)
  await store.write([entry(2)], { durable: true })
  const before = await picture(directory)
  const copy = await openLevelCopy(directory)
  expect((await copy.range(all)).length).toBe(2)
  await copy.write([entry(3), [entry(1)[0], undefined]], { durable: true })
  await copy.compact?.(all.from, all.to)
  expect((await copy.range(all)).map(([name]) => name[1])).toEqual([2, 3])
  await copy.close()
  expect(await picture(directory)).toEqual(before)
  expect((await store.range(all)).length).toBe(2)
  await store.close()
})

it('takes over what was stored without checksums, also when it was interrupted', async () => {
  const directory = join(await temporaryDirectory(), 'store')
  await addChecksums(directory)
  const plain = new ClassicLevel<Uint8Array, Uint8Array>(directory, { keyEncoding: 'view', valueEncoding: 'view' })
  for (let index = 0; index < 2_500; index++) await plain.put(...entry(index))
  await plain.close()
  const batch = ClassicLevel.prototype.batch
  let left = 2
  ClassicLevel.prototype.batch = function (this: never, ...given: never[]) {
    if (left-- <= 0) throw new Error('the power is gone')
    return (batch as unknown as (...all: never[]) => never).apply(this, given)
  } as never
  onTestFinished(() => {
    ClassicLevel.prototype.batch = batch
  })
  await expect(addChecksums(directory)).rejects.toMatchObject({ code: 'DISK_FAILED' })
  ClassicLevel.prototype.batch = batch
  await addChecksums(directory)
  const store = await openLevelStore(directory)
  const found = await store.range(all)
  expect(found.length).toBe(2_500)
  for (const [name, content] of found) expect(content).toEqual(entry(name[0]! * 256 + name[1]!)[1])
  await store.close()
})
