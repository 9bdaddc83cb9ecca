import { constants } from 'node:fs'
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { diskContract } from '../../ports/disk.contract.ts'
import { utf8 } from '../../primitives/bytes.ts'
import { openLevelStore } from '../level/level-store.ts'
import { openAppendFile } from './append-file.ts'
import { openFileDisk } from './file-disk.ts'

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-disk-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

const openStore = (directory: string) => openLevelStore(directory)

diskContract('file disk', async () => {
  const directory = await temporaryDirectory()
  const reopen = () => openFileDisk({ directory, openStore })
  return { disk: await reopen(), reopen }
})

const fullDevice = await canWrite('/dev/full')

describe('file disk', () => {
  it('ignores a replacement that a crash left unfinished', async () => {
    const directory = await temporaryDirectory()
    const disk = await openFileDisk({ directory, openStore })
    await disk.writeSmall('last-signed', utf8('old'))
    await writeFile(join(directory, 'last-signed.new'), 'hal')
    expect(await disk.readSmall('last-signed')).toEqual(utf8('old'))
    await disk.writeSmall('last-signed', utf8('new'))
    expect(await disk.readSmall('last-signed')).toEqual(utf8('new'))
    expect(await readdir(directory)).toEqual(['last-signed'])
  })

  it('takes no paths for names', async () => {
    const disk = await openFileDisk({ directory: await temporaryDirectory(), openStore })
    for (const name of ['../wal', 'a/b', '', '.', 'wal.new']) {
      await expect(async () => disk.openFile(name)).rejects.toThrow('a name on the disk is plain')
    }
  })

  it('says DISK_FAILED where the directory cannot be made or a file is not one', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'file'), '')
    await expect(openFileDisk({ directory: join(directory, 'file'), openStore })).rejects.toMatchObject({ code: 'DISK_FAILED' })
    const disk = await openFileDisk({ directory, openStore })
    await disk.openStore('store').then((store) => store.close())
    await expect(disk.readSmall('store')).rejects.toMatchObject({ code: 'DISK_FAILED' })
    await expect(disk.openFile('store')).rejects.toMatchObject({ code: 'DISK_FAILED', where: join(directory, 'store') })
  })

  it.skipIf(!fullDevice)('says DISK_FULL, and refuses the file from then on', async () => {
    const file = await openAppendFile('/dev/full')
    file.append(utf8('more than there is room for'))
    await expect(file.sync()).rejects.toMatchObject({ code: 'DISK_FULL', exit: 74 })
    file.append(utf8('more'))
    await expect(file.sync()).rejects.toMatchObject({ code: 'DISK_FULL' })
    await file.close()
  })
})

async function canWrite(path: string): Promise<boolean> {
  return open(path, constants.O_RDWR).then(
    (file) => file.close().then(() => true),
    () => false,
  )
}
