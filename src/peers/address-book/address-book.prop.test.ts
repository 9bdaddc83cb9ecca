import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom, createSimulatedEntropy } from '../../simulator/random.ts'
import { readDialTarget } from '../dial-target.ts'
import { placeOf } from '../network-group.ts'
import { createAddressBook, sampleBounds } from './address-book.ts'
import { bookFileBytesMax, decodeBook, encodeBook } from './book-file.ts'
import { perSiteMax } from './book-intake.ts'
import { newSlotsMax, newTable, triedSlotsMax, triedTable } from './book-layout.ts'

const hostIn = (group: number, index: number) => `${60 + (group >> 8)}.${group & 255}.${(index >> 8) & 255}.${index & 255}`
const targetIn = (group: number, index: number) =>
  readDialTarget(`/ip4/${hostIn(group, index)}/tcp/26600/p2p/peer${group}x${index}`)
const sourceIn = (group: number) => ({ host: hostIn(group, 9), group: placeOf(hostIn(group, 9)).group })

function setUp(seed: number) {
  const random = createRandom(BigInt(seed))
  return { book: createAddressBook(createSimulatedEntropy(random).bytes(32)), random, chance: () => random.next() }
}

describe('what an attacker can hold of the book', () => {
  const seeds = fc.integer({ min: 1, max: 1_000_000 })

  it('is a sixteenth of `new` for each group it tells from, however many addresses it invents', () => {
    const property = fc.property(seeds, fc.integer({ min: 1, max: 5 }), (seed, groups) => {
      const { book, random, chance } = setUp(seed)
      for (let told = 0; told < 3000; told++) {
        const target = targetIn(random.below(2000), random.below(60_000))
        book.learn(target, sourceIn(random.below(groups)), { now: 0 }, chance)
      }
      expect(book.size.new).toBeLessThanOrEqual(groups * newTable.bucketsPerSource * newTable.slots)
      expect(book.size.new).toBeGreaterThan(0)
    })
    fc.assert(property, { numRuns: 4 })
  })

  it('is a thirty-second of `tried` for each group its nodes are in, even when all of them answer', () => {
    const property = fc.property(seeds, fc.integer({ min: 1, max: 4 }), (seed, groups) => {
      const { book, random, chance } = setUp(seed)
      let now = 0
      for (let met = 0; met < 1500; met++, now += 60_000) {
        const target = targetIn(random.below(groups), random.below(60_000))
        book.learn(target, sourceIn(random.below(200)), { now }, chance)
        book.reached(target.address, now)
      }
      expect(book.size.tried).toBeLessThanOrEqual(groups * triedTable.bucketsPerGroup * triedTable.slots)
    })
    fc.assert(property, { numRuns: 3 })
  })

  it('never costs what others told its place, as long as that is worth it', () => {
    const property = fc.property(seeds, (seed) => {
      const { book, random, chance } = setUp(seed)
      const honest = Array.from({ length: 60 }, (_, index) => targetIn(1000 + index, index))
      for (const [index, target] of honest.entries()) book.learn(target, sourceIn(500 + (index % 20)), { now: 0 }, () => 1)
      const held = honest.filter(({ address }) => book.get(address))
      expect(held.length).toBe(60)
      for (let told = 0; told < 3000; told++) {
        const target = targetIn(random.below(2000), random.below(60_000))
        book.learn(target, sourceIn(random.below(4)), { now: 0 }, chance)
      }
      for (const { address } of held) expect(book.get(address), address).toBeDefined()
    })
    fc.assert(property, { numRuns: 3 })
  })

  it(`is ${perSiteMax} addresses for each host`, () => {
    const { book, chance } = setUp(1)
    for (let port = 2000; port < 4000; port++) {
      book.learn(readDialTarget(`/ip4/60.1.0.1/tcp/${port}/p2p/x${port}`), sourceIn(port % 300), { now: 0 }, chance)
    }
    expect(book.size.new).toBe(perSiteMax)
    const own = readDialTarget('/ip4/60.1.0.1/tcp/26600/p2p/x')
    expect(book.learn(own, { host: '60.1.0.1', group: own.group }, { now: 0 }, chance)).toBe('new')
    expect(book.size.new).toBe(perSiteMax)
  })
})

describe('the book', () => {
  const step = fc.record({
    kind: fc.constantFrom('learn', 'learn', 'reach', 'fail', 'seen', 'forget', 'pass'),
    group: fc.nat({ max: 6 }),
    index: fc.nat({ max: 40 }),
    source: fc.nat({ max: 9 }),
  })

  it('keeps each entry in one table, is bounded, and comes back from its file as it was, whatever happens', () => {
    const property = fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 999 }), (steps, seed) => {
      const { book, chance } = setUp(seed)
      let now = 0
      for (const { kind, group, index, source } of steps) {
        const target = targetIn(group, index)
        if (kind === 'learn') book.learn(target, sourceIn(source), { now }, chance)
        else if (kind === 'reach') book.reached(target.address, now)
        else if (kind === 'fail') book.failed(target.address, now)
        else if (kind === 'seen') book.seen(target.address, now)
        else if (kind === 'forget') book.forget(target.address)
        else now += 1000 * 3600 * index
        book.contested(now)
      }
      const entries = [...book.entries()]
      for (const entry of entries) expect(entry.newSlots.length > 0).toBe(entry.triedSlot === undefined)
      const slots = entries.flatMap(({ newSlots, triedSlot }) =>
        triedSlot === undefined ? [...newSlots] : [newSlotsMax + triedSlot],
      )
      expect(new Set(slots).size).toBe(slots.length)
      expect(book.size.new + book.size.tried).toBe(entries.length)
      expect(book.size.tried).toBeLessThanOrEqual(triedSlotsMax)
      expect(book.sample(now, chance).length).toBeLessThanOrEqual(Math.max(1, entries.length * sampleBounds.share))
      const anchors = entries.slice(0, 2).map(({ target }) => target.address)
      const file = encodeBook(book, anchors, { now, wall: 5000 })
      const back = decodeBook(file, { now: now + 700, wall: 5700 })!
      expect(back).toMatchObject({ secret: book.secret, anchors })
      expect([...back.entries].sort(byAddress)).toEqual(
        entries.sort(byAddress).map((entry) => ({ ...entry, newSlots: [...entry.newSlots] })),
      )
      const again = createAddressBook(back.secret, back.entries)
      expect(encodeBook(again, anchors, { now: now + 700, wall: 5000 + 700 }).length).toBe(file.length)
    })
    fc.assert(property, { numRuns: 30 })
  })

  it('has a file below a megabyte when it is full of long addresses', () => {
    const { book, chance } = setUp(3)
    for (let told = 0; told < 16_000; told++) {
      const address = `/ip4/${hostIn(told % 1500, told)}/udp/26600/webrtc-direct/certhash/u${'x'.repeat(150)}/p2p/peer${told}`
      book.learn(readDialTarget(address), sourceIn(told % 1999), { now: told }, chance)
      if (told % 3 === 0) book.reached(address, told)
    }
    const file = encodeBook(book, [], { now: 30_000, wall: 0 })
    expect(file.length).toBeLessThanOrEqual(bookFileBytesMax)
    expect(file.length).toBeGreaterThan(bookFileBytesMax / 2)
    expect(decodeBook(file, { now: 0, wall: 0 })!.entries.filter(({ triedSlot }) => triedSlot !== undefined)).toHaveLength(
      book.size.tried,
    )
  })

  it('is not read from a file in which a bit differs, nor from one cut short', () => {
    const { book, chance } = setUp(4)
    for (let index = 0; index < 20; index++) book.learn(targetIn(index, index), sourceIn(index), { now: 0 }, chance)
    const file = encodeBook(book, [], { now: 0, wall: 0 })
    const property = fc.property(fc.nat({ max: file.length * 8 - 1 }), fc.nat({ max: file.length - 1 }), (bit, length) => {
      const flipped = file.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(decodeBook(flipped, { now: 0, wall: 0 })).toBeUndefined()
      expect(decodeBook(file.slice(0, length), { now: 0, wall: 0 })).toBeUndefined()
    })
    fc.assert(property)
  })
})

const byAddress = (left: { target: { address: string } }, right: { target: { address: string } }) =>
  left.target.address < right.target.address ? -1 : 1
