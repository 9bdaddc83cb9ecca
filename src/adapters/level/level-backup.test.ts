import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Bytes } from '../../primitives/bytes.ts'
import { stageLiveLevel } from './level-backup.ts'
import { openLevelStore } from './level-store.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synod-backup-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

function keyOf(number: number): Bytes {
  const key = new Uint8Array(4)
  new DataView(key.buffer).setUint32(0, number)
  return key
}
const countKey = keyOf(0xffff_ffff)

it('takes a store as it was at one moment while it is written: whole batches, and none before a lacking one', async () => {
  const live = join(directory, 'live')
  const store = await openLevelStore(live, { writeBufferBytes: 256 << 10 })
  let written = 0
  let stopped = false
  async function write(): Promise<void> {
    while (!stopped) {
      const entries = Array.from({ length: 50 }, (_, index) => [keyOf(written + index), new Uint8Array(500)] as const)
      written += entries.length
      await store.write([...entries, [countKey, keyOf(written)]], { durable: false })
      await new Promise((resume) => setImmediate(resume))
    }
  }
  const writing = write()
  for (let round = 0; round < 4; round++) {
    const before = written
    const staging = join(directory, `staging-${round}`)
    await stageLiveLevel(live, staging)
    const taken = join(directory, `taken-${round}`)
    await cp(staging, taken, { recursive: true })
    const copy = await openLevelStore(taken)
    const count = new DataView((copy.get(countKey) ?? keyOf(0)).slice().buffer).getUint32(0)
    const entries = await copy.range({ from: keyOf(0), to: countKey, limit: 1_000_000 })
    expect(entries).toHaveLength(count)
    expect(count).toBeGreaterThanOrEqual(before - 50)
    await copy.close()
  }
  stopped = true
  await writing
  await store.close()
})

it('names a store that is not there', async () => {
  await expect(stageLiveLevel(join(directory, 'none'), join(directory, 'staging'))).rejects.toThrow()
}, 5_000)
