import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bringToFormat } from '../adapters/file/data-format.ts'
import { dataFormat, dataMigrations, openDataDirectory, openDataDirectoryToRead } from './data-directory.ts'

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-data-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

const formatOf = (directory: string) => readFile(join(directory, 'format'), 'utf8')

describe('data directory', () => {
  it('notes its format when it is made, and can be looked at without a trace', async () => {
    const directory = join(await temporaryDirectory(), 'data')
    const opened = await openDataDirectory(directory)
    await (await opened.disk.openStore('chain')).close()
    await expect(openDataDirectoryToRead(directory)).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED' })
    await opened.release()
    expect(await formatOf(directory)).toBe(`${dataFormat}\n`)
    const names = await readdir(directory, { recursive: true })
    const { disk, format, release } = await openDataDirectoryToRead(directory)
    expect(format).toBe(dataFormat)
    const store = await disk.openStore('chain')
    await store.write([[Uint8Array.of(1), Uint8Array.of(2)]], { durable: true })
    await store.close()
    expect((await (await disk.openFile('wal-a')).read()).length).toBe(0)
    await release()
    expect(await readdir(directory, { recursive: true })).toEqual(names)
  })

  it('is refused when a newer program wrote it, when its format cannot be read, and when it is not there', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'format'), `${dataFormat + 1}\n`)
    await expect(openDataDirectory(directory)).rejects.toMatchObject({ code: 'DATA_FORMAT_NEWER', where: directory })
    await expect(openDataDirectoryToRead(directory)).rejects.toMatchObject({ code: 'DATA_FORMAT_NEWER' })
    await writeFile(join(directory, 'format'), 'two')
    await expect(openDataDirectory(directory)).rejects.toMatchObject({ code: 'DATA_FORMAT_UNKNOWN' })
    const absent = join(directory, 'absent')
    await expect(openDataDirectoryToRead(absent)).rejects.toMatchObject({ code: 'DATA_DIR_MISSING' })
    expect(await readdir(directory)).toEqual(['format'])
  })

  it('is brought from format to format, each noted, and goes on where it stopped', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'chain'))
    await expect(openDataDirectoryToRead(directory)).rejects.toMatchObject({ code: 'DATA_FORMAT_OLDER' })
    const run: number[] = []
    let fails = true
    const migrations = [1, 2, 3].map((from) => ({
      from,
      what: `from ${from}`,
      async run() {
        run.push(from)
        if (from === 2 && fails) throw new Error('the power is gone')
      },
    }))
    await expect(bringToFormat({ directory, current: 4, migrations })).rejects.toThrow('power')
    expect(await formatOf(directory)).toBe('2\n')
    fails = false
    await bringToFormat({ directory, current: 4, migrations })
    await bringToFormat({ directory, current: 4, migrations })
    expect(run).toEqual([1, 2, 2, 3])
    expect(await formatOf(directory)).toBe('4\n')
  })

  it('has a migration from every format there was', () => {
    expect(dataMigrations.map(({ from }) => from)).toEqual(Array.from({ length: dataFormat - 1 }, (_, index) => index + 1))
  })
})
