import { expect, test } from 'vitest'
import { diskContract } from '../ports/disk.contract.ts'
import { createRandom } from './random.ts'
import { createSimulatedDisk } from './simulated-disk.ts'

const atOnce = { io: async () => undefined }

diskContract('the simulated disk', async () => {
  const disk = createSimulatedDisk()
  return { disk: disk.mount(atOnce), reopen: async () => disk.mount(atOnce) }
})

test('a crash keeps what was synced, and at most a beginning of the rest', async () => {
  for (let seed = 0n; seed < 50n; seed++) {
    const disk = createSimulatedDisk()
    const file = await disk.mount(atOnce).openFile('wal')
    file.append(Uint8Array.of(1, 2, 3))
    await file.sync()
    file.append(Uint8Array.of(4, 5))
    file.append(Uint8Array.of(6))
    disk.crash(createRandom(seed))
    const content = [...disk.content('wal')]
    expect(content.slice(0, 3)).toEqual([1, 2, 3])
    expect(content.length).toBeLessThanOrEqual(6)
    for (const [index, byte] of content.entries()) expect([0, index + 1]).toContain(byte)
  }
})

test('a sync answers only for what was appended before it', async () => {
  const disk = createSimulatedDisk()
  const resumes: (() => void)[] = []
  const slow = { io: () => new Promise<void>((resume) => resumes.push(resume)) }
  const file = await disk.mount(slow).openFile('wal')
  file.append(Uint8Array.of(1))
  const first = file.sync()
  const second = file.sync()
  file.append(Uint8Array.of(2))
  for (const resume of resumes) resume()
  await Promise.all([first, second])
  expect([...disk.content('wal')]).toEqual([1])
})

test('a full disk takes nothing and loses nothing', async () => {
  const disk = createSimulatedDisk()
  const mounted = disk.mount(atOnce)
  await mounted.writeSmall('last-signed', Uint8Array.of(1))
  disk.fill(true)
  await expect(mounted.writeSmall('last-signed', Uint8Array.of(2))).rejects.toMatchObject({ code: 'DISK_FULL' })
  const store = await mounted.openStore('chain')
  await expect(store.write([[Uint8Array.of(1), Uint8Array.of(1)]], { durable: true })).rejects.toMatchObject({
    code: 'DISK_FULL',
  })
  disk.fill(false)
  expect(await mounted.readSmall('last-signed')).toEqual(Uint8Array.of(1))
  expect(store.get(Uint8Array.of(1))).toBeUndefined()
})
