/** What every implementation of `Disk` must do, as tests. Each implementation's own test file calls it with disks of its own. */
import { describe, expect, it } from 'vitest'
import { type Bytes, concatBytes, utf8 } from '../primitives/bytes.ts'
import type { Disk } from './disk.ts'
import type { StoreEntry } from './store.ts'

export interface DiskWorld {
  /** A fresh, empty disk. */
  readonly disk: Disk
  /** The same data, opened anew by a process that knows nothing of the first. Everything opened before has been closed. */
  reopen(): Promise<Disk>
}

const key = (...bytes: number[]) => Uint8Array.of(...bytes)

/** @param makeDisk called once a test. Whatever it needs to clean up it registers itself. */
export function diskContract(name: string, makeDisk: () => Promise<DiskWorld>): void {
  describe(`${name}: append file`, () => appendFileContract(makeDisk))
  describe(`${name}: small file`, () => smallFileContract(makeDisk))
  describe(`${name}: store`, () => storeContract(makeDisk))
}

function appendFileContract(makeDisk: () => Promise<DiskWorld>): void {
  it('keeps what was appended, in order, across a restart', async () => {
    const world = await makeDisk()
    const file = await world.disk.openFile('wal')
    expect(await file.read()).toEqual(new Uint8Array(0))
    file.append(utf8('one '))
    file.append(utf8('two '))
    await file.sync()
    file.append(utf8('three'))
    await file.sync()
    expect(await file.read()).toEqual(utf8('one two three'))
    await file.close()
    const again = await (await world.reopen()).openFile('wal')
    expect(await again.read()).toEqual(utf8('one two three'))
    again.append(utf8('!'))
    await again.sync()
    expect(await again.read()).toEqual(utf8('one two three!'))
    await again.close()
  })

  it('reads bytes that are appended and not yet synced', async () => {
    const file = await (await makeDisk()).disk.openFile('wal')
    file.append(utf8('queued'))
    expect(await file.read()).toEqual(utf8('queued'))
    await file.close()
  })

  it('takes bytes at the time of the call', async () => {
    const file = await (await makeDisk()).disk.openFile('wal')
    const reused = Uint8Array.of(1, 2, 3)
    file.append(reused)
    reused.fill(9)
    await file.sync()
    expect(await file.read()).toEqual(Uint8Array.of(1, 2, 3))
    await file.close()
  })

  it('serves many syncs at once', async () => {
    const file = await (await makeDisk()).disk.openFile('wal')
    const parts: Bytes[] = []
    const syncs: Promise<void>[] = []
    for (let index = 0; index < 200; index++) {
      const part = new Uint8Array(index % 7).fill(index)
      parts.push(part)
      file.append(part)
      syncs.push(file.sync())
    }
    await Promise.all(syncs)
    expect(await file.read()).toEqual(concatBytes(...parts))
    await file.close()
  })

  it('cuts the end off and goes on from there', async () => {
    const world = await makeDisk()
    const file = await world.disk.openFile('wal')
    file.append(utf8('keep drop'))
    await file.truncate(4)
    expect(await file.read()).toEqual(utf8('keep'))
    file.append(utf8(' more'))
    await file.sync()
    await file.close()
    const again = await (await world.reopen()).openFile('wal')
    expect(await again.read()).toEqual(utf8('keep more'))
    await again.truncate(0)
    expect(await again.read()).toEqual(new Uint8Array(0))
    await again.close()
  })
}

function smallFileContract(makeDisk: () => Promise<DiskWorld>): void {
  it('is absent, then whole, then replaced, then there after a restart', async () => {
    const world = await makeDisk()
    expect(await world.disk.readSmall('last-signed')).toBeUndefined()
    await world.disk.writeSmall('last-signed', utf8('a longer first version'))
    expect(await world.disk.readSmall('last-signed')).toEqual(utf8('a longer first version'))
    await world.disk.writeSmall('last-signed', utf8('second'))
    expect(await (await world.reopen()).readSmall('last-signed')).toEqual(utf8('second'))
  })

  it('ends with the last of many writes', async () => {
    const { disk } = await makeDisk()
    const contents = Array.from({ length: 20 }, (_, index) => new Uint8Array(100 + index).fill(index))
    await Promise.all(contents.map((content) => disk.writeSmall('last-signed', content)))
    expect(await disk.readSmall('last-signed')).toEqual(contents.at(-1))
  })

  it('may be empty', async () => {
    const { disk } = await makeDisk()
    await disk.writeSmall('last-signed', new Uint8Array(0))
    expect(await disk.readSmall('last-signed')).toEqual(new Uint8Array(0))
  })
}

function storeContract(makeDisk: () => Promise<DiskWorld>): void {
  it('keeps a batch whole across a restart, the later operation on a key winning', async () => {
    const world = await makeDisk()
    const store = await world.disk.openStore('chain')
    await store.write([[key(1), utf8('one')]], { durable: false })
    const operations = [
      [key(2), utf8('two')],
      [key(1), undefined],
      [key(3), utf8('lost')],
      [key(3), utf8('three')],
      [key(4), new Uint8Array(0)],
    ] as const
    await store.write(operations, { durable: true })
    await store.close()
    const again = await (await world.reopen()).openStore('chain')
    expect(again.get(key(1))).toBeUndefined()
    expect(again.get(key(2))).toEqual(utf8('two'))
    expect(again.get(key(3))).toEqual(utf8('three'))
    expect(again.get(key(4))).toEqual(new Uint8Array(0))
    await again.close()
  })

  it('gives ranges in byte order, from inclusive, to exclusive, limited, either way round', async () => {
    const store = await (await makeDisk()).disk.openStore('chain')
    const keys = [key(0xff), key(1, 0), key(1), key(0x80), key(2), key(0)]
    await store.write(
      keys.map((of) => [of, of] as const),
      { durable: false },
    )
    const range = async (from: Bytes, to: Bytes, limit: number, reverse?: boolean) =>
      (await store.range(reverse === undefined ? { from, to, limit } : { from, to, limit, reverse })).map((entry: StoreEntry) => [
        ...entry[0],
      ])
    expect(await range(key(0), key(0xff), 10)).toEqual([[0], [1], [1, 0], [2], [0x80]])
    expect(await range(key(1), key(2), 10)).toEqual([[1], [1, 0]])
    expect(await range(key(0), key(0xff, 0xff), 2)).toEqual([[0], [1]])
    expect(await range(key(0), key(0xff, 0xff), 2, true)).toEqual([[0xff], [0x80]])
    expect(await range(key(3), key(4), 10)).toEqual([])
    await store.close()
  })

  it('shows a write to readers as soon as it has resolved, and stores apart from each other', async () => {
    const { disk } = await makeDisk()
    const [left, right] = [await disk.openStore('left'), await disk.openStore('right')]
    await left.write([[key(1), utf8('left')]], { durable: false })
    expect(left.get(key(1))).toEqual(utf8('left'))
    expect(right.get(key(1))).toBeUndefined()
    await left.close()
    await right.close()
  })
}
