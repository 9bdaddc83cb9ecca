import { expect, it } from 'vitest'
import { silence } from '../ports/telemetry.ts'
import { utf8 } from '../primitives/bytes.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createSimulatedDisk } from '../simulator/simulated-disk.ts'
import { openSeedTable } from './seed-table.ts'

const startMs = 1_800_000_000_000
const pace = { intervalMs: 1000, intervalMaxMs: 10_000 }
const address = '/ip4/8.8.8.8/tcp/26600/p2p/12D3KooW1'

function setUp() {
  const scheduler = createScheduler(startMs)
  const disk = createSimulatedDisk()
  const logged: string[] = []
  const telemetry = { ...silence, log: (_level: string, message: string) => void logged.push(message) }
  const clock = createSimulatedClock(scheduler, () => 0)
  const open = () => openSeedTable({ clock, disk: disk.mount({ io: async () => undefined }), telemetry }, pace)
  return { scheduler, disk, logged, open }
}

it('is on disk within a minute, and goes on from there', async () => {
  const { scheduler, open } = setUp()
  const table = await open()
  table.peers.learn([address], 'a', startMs)
  table.peers.tested(address, 5, startMs)
  await scheduler.run(startMs + 61_000)
  const again = await open()
  expect(again.peers.good().map((peer) => peer.address)).toEqual([address])
  await table.stop()
  await again.stop()
})

it('is written at the stop', async () => {
  const { open } = setUp()
  const table = await open()
  table.peers.learn([address], 'a', startMs)
  await table.stop()
  expect((await open()).peers.size).toBe(1)
})

it('sets a damaged file aside, and a full disk ends nothing', async () => {
  const { scheduler, disk, logged, open } = setUp()
  await disk.mount({ io: async () => undefined }).writeSmall('tested-peers', utf8('nonsense'))
  const table = await open()
  expect(table.peers.size).toBe(0)
  expect(disk.small('tested-peers-damaged')).toEqual(utf8('nonsense'))
  disk.fill(true)
  await scheduler.run(startMs + 61_000)
  expect(logged).toEqual(['the file of tested peers is damaged: set aside, and begun anew', 'tested peers could not be written'])
})
