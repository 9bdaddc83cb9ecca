import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AppendFile, Disk } from '../ports/disk.ts'
import { type Bytes, concatBytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { openWal } from './wal.ts'

/** A disk of plain arrays whose content tests may damage. */
interface Files {
  readonly disk: Disk
  readonly contents: Map<string, Bytes>
}

function memoryFiles(initial: Iterable<readonly [string, Bytes]> = []): Files {
  const contents = new Map<string, Bytes>([...initial].map(([name, content]) => [name, content.slice()]))
  const openFile = async (name: string): Promise<AppendFile> => {
    if (!contents.has(name)) contents.set(name, new Uint8Array(0))
    const content = () => contents.get(name) as Bytes
    return {
      read: async () => content().slice(),
      append: (bytes) => void contents.set(name, concatBytes(content(), bytes)),
      sync: async () => undefined,
      truncate: async (length) => void contents.set(name, content().slice(0, length)),
      close: async () => undefined,
    }
  }
  const never = async () => expect.unreachable('the log uses files alone')
  return { disk: { openFile, readSmall: never, writeSmall: never, openStore: never }, contents }
}

const record = (value: number, length = 5) => new Uint8Array(length).fill(value)

async function written(...records: Bytes[]): Promise<Files> {
  const files = memoryFiles()
  const { wal } = await openWal(files.disk, 'wal')
  for (const content of records) wal.append(content)
  await wal.sync()
  return files
}

async function outcome(files: Files): Promise<readonly Bytes[] | 'refused'> {
  try {
    return (await openWal(files.disk, 'wal')).records
  } catch (error) {
    expect(error).toBeInstanceOf(OperationalError)
    expect((error as OperationalError).code).toBe('WAL_CORRUPT')
    return 'refused'
  }
}

function withContent(files: Files, name: string, content: Bytes): Files {
  return memoryFiles([...files.contents, [name, content]])
}

describe('wal', () => {
  it('returns what was appended, across restarts and rotations', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom('rotate', 'reopen'))),
        async (steps) => {
          const files = memoryFiles()
          let { wal } = await openWal(files.disk, 'wal')
          let current: Bytes[] = []
          let before: Bytes[] = []
          for (const step of steps) {
            if (step === 'rotate') {
              await wal.rotate()
              if (current.length > 0) before = current
              current = []
            } else if (step === 'reopen') {
              const opened = await openWal(files.disk, 'wal')
              wal = opened.wal
              expect(opened.cutBytes).toBe(0)
              if (current.length > 0) expect(opened.records).toEqual(current)
              else expect([[], before]).toContainEqual(opened.records)
              current = [...opened.records]
            } else {
              wal.append(step as Bytes)
              current.push(step as Bytes)
            }
          }
        },
      ),
    )
  })

  it('cuts a torn end off at every byte, keeping the whole records before it', async () => {
    const records = [record(1), record(2, 0), record(3, 30)]
    const files = await written(...records)
    const whole = files.contents.get('wal-a') as Bytes
    const ends = [25, 45, 95]
    expect(whole.length).toBe(95)
    for (let length = 0; length <= whole.length; length++) {
      const torn = withContent(files, 'wal-a', whole.slice(0, length))
      const { wal, records: kept, cutBytes } = await openWal(torn.disk, 'wal')
      const count = ends.filter((end) => end <= length).length
      expect(kept).toEqual(records.slice(0, count))
      expect(cutBytes).toBe(length - (count === 0 ? 0 : (ends[count - 1] as number)))
      wal.append(record(9))
      expect((await openWal(torn.disk, 'wal')).records).toEqual([...kept, record(9)])
    }
  })

  it('keeps a torn end of arbitrary bytes out', async () => {
    const files = await written(record(1))
    const whole = files.contents.get('wal-a') as Bytes
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (garbage) => {
        const torn = withContent(files, 'wal-a', concatBytes(whole, garbage))
        expect(await outcome(torn)).toEqual([record(1)])
      }),
    )
  })

  it('refuses any flipped bit before the last record, and drops a damaged last record', async () => {
    const records = [record(1), record(2), record(3)]
    const files = await written(...records)
    const whole = files.contents.get('wal-a') as Bytes
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const damaged = whole.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      const expected = bit >> 3 < 50 ? 'refused' : records.slice(0, 2)
      expect(await outcome(withContent(files, 'wal-a', damaged))).toEqual(expected)
    }
  })

  it('refuses a hole and two records in the wrong order', async () => {
    const files = await written(record(1), record(2), record(3), record(4))
    const whole = files.contents.get('wal-a') as Bytes
    const part = (index: number) => whole.slice(index * 25, index * 25 + 25)
    expect(await outcome(withContent(files, 'wal-a', concatBytes(part(0), part(2), part(3))))).toBe('refused')
    expect(await outcome(withContent(files, 'wal-a', concatBytes(part(0), part(2), part(1), part(3))))).toBe('refused')
  })

  it('holds the current height and at most the one before', async () => {
    const files = memoryFiles()
    const { wal } = await openWal(files.disk, 'wal')
    for (let height = 1; height <= 20; height++) {
      wal.append(record(height, 100))
      expect(await outcome(files)).toEqual([record(height, 100)])
      await wal.rotate()
      expect(wal.bytes).toBe(0)
      // Until the next height has a record, the last one is still there.
      expect(await outcome(files)).toEqual([record(height, 100)])
    }
    const size = [...files.contents.values()].reduce((sum, content) => sum + content.length, 0)
    expect(size).toBeLessThanOrEqual(240)
  })
})
