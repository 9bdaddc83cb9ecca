import { describe, expect, it } from 'vitest'
import { createNodeWorld } from '../../test/engine/node-world.ts'
import { bookFileBytesMax } from '../peers/address-book/book-file.ts'
import { readDialTarget } from '../peers/dial-target.ts'
import { silence } from '../ports/telemetry.ts'
import { type Bytes, utf8 } from '../primitives/bytes.ts'
import { createRandom, createSimulatedEntropy } from '../simulator/random.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createSimulatedDisk } from '../simulator/simulated-disk.ts'
import { openAddressBook } from './kept-address-book.ts'
import type { Ports } from './ports.ts'

const fileName = 'address-book'
const access = { io: async () => undefined }
const target = (index: number) => readDialTarget(`/ip4/${20 + (index % 180)}.${index % 251}.8.8/tcp/26600/p2p/peer${index}`)

function setUp() {
  const scheduler = createScheduler(1_800_000_000_000)
  const disk = createSimulatedDisk()
  const logged: string[] = []
  const ports = {
    clock: createSimulatedClock(scheduler, () => 0),
    disk: disk.mount(access),
    entropy: createSimulatedEntropy(createRandom(1n)),
    network: { peers: () => [] },
    telemetry: { ...silence, log: (_level: string, message: string) => void logged.push(message) },
  } as unknown as Ports
  return { scheduler, disk, logged, open: () => openAddressBook(ports) }
}

/** A book that was written with one address in it. */
async function written() {
  const world = setUp()
  const kept = await world.open()
  kept.book.learn(target(1), { host: '8.8.4.4', group: 'g' }, { now: 0 }, () => 0)
  kept.changed()
  await kept.stop()
  return { ...world, file: world.disk.small(fileName) as Bytes }
}

describe('the file of the address book', () => {
  it('holds what was known', async () => {
    const { open, logged } = await written()
    expect((await open()).book.size).toEqual({ new: 1, tried: 0 })
    expect(logged).toEqual([])
  })

  it.each<[string, (file: Bytes) => Bytes]>([
    ['empty', () => new Uint8Array(0)],
    ['nonsense', () => utf8('nonsense')],
    ['cut short', (file) => file.subarray(0, file.length - 9)],
    ['changed in one bit', (file) => file.map((byte, index) => (index === 40 ? byte ^ 1 : byte))],
    ['longer than it is ever written', () => new Uint8Array(bookFileBytesMax + 1)],
  ])('that is %s is set aside and said, and the node goes on with an empty one', async (_what, damage) => {
    const { open, logged, disk, file } = await written()
    await disk.mount(access).writeSmall(fileName, damage(file))
    const kept = await open()
    expect(kept.book.size).toEqual({ new: 0, tried: 0 })
    expect(logged).toEqual(['the address book is damaged: set aside, and begun anew'])
    expect(disk.small('address-book-damaged')).toEqual(damage(file))
    kept.book.learn(target(2), { host: '8.8.4.4', group: 'g' }, { now: 0 }, () => 0)
    kept.changed()
    await kept.stop()
    expect((await open()).book.size).toEqual({ new: 1, tried: 0 })
  })

  it('that cannot be written costs its news alone', async () => {
    const { open, logged, disk, scheduler, file } = await written()
    disk.fill(true)
    const kept = await open()
    for (let index = 2; index < 50; index++) {
      kept.book.learn(target(index), { host: '8.8.4.4', group: `g${index}` }, { now: 0 }, () => 0)
      kept.changed()
    }
    await scheduler.run(scheduler.now() + 60_000)
    expect(logged).toEqual(['a file could not be written: what is new in it would be lost by a restart'])
    expect(disk.small(fileName)).toEqual(file)
    disk.fill(false)
    kept.changed()
    await kept.stop()
    expect((await open()).book.size.new).toBeGreaterThan(20)
  })

  it('that holds thousands of addresses stays below its bound', async () => {
    const { open, disk } = setUp()
    const kept = await open()
    for (let index = 0; index < 4_000; index++)
      kept.book.learn(target(index), { host: `8.${index % 250}.4.4`, group: `g${index % 250}` }, { now: 0 }, () => 0.5)
    kept.changed()
    await kept.stop()
    expect(disk.small(fileName)?.length).toBeLessThanOrEqual(bookFileBytesMax)
    const again = await open()
    expect(again.book.size.new).toBeGreaterThan(500)
  })
})

it('a node whose book is damaged starts, says so, and finds its peers as a new one does', async () => {
  const world = createNodeWorld({
    validators: 1,
    followers: 1,
    tamper: (index, ports) =>
      index === 0
        ? ports
        : {
            ...ports,
            disk: {
              ...ports.disk,
              readSmall: async (name) => (name === fileName ? utf8('nonsense') : ports.disk.readSmall(name)),
            },
          },
  })
  await world.start()
  await world.until(() => world.members[1]!.node().peers().length === 1, 10)
  expect(world.members[1]!.logs.map(({ message }) => message)).toContain('the address book is damaged: set aside, and begun anew')
})
