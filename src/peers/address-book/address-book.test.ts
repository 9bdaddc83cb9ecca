import { describe, expect, it } from 'vitest'
import { readDialTarget } from '../dial-target.ts'
import { createAddressBook } from './address-book.ts'
import { triedTable } from './book-layout.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const target = (index: number) => readDialTarget(`/ip4/60.1.${index >> 8}.${index & 255}/tcp/26600/p2p/peer${index}`)
const source = { host: '61.1.0.1', group: '61.1.0.0/16' }
const never = () => 1

function setUp() {
  return createAddressBook(new Uint8Array(32).fill(5))
}

/** A book in which the network group's places in `tried` are all taken at time 0; and another address that belongs there. */
function crowded() {
  const book = setUp()
  const perGroup = triedTable.bucketsPerGroup * triedTable.slots
  let index = 0
  for (; book.size.tried < perGroup && index < 60_000; index++) {
    book.learn(target(index), { host: '', group: String(index) }, { now: 0 }, never)
    book.reached(target(index).address, 0)
  }
  const newcomer = target(index + 1)
  book.learn(newcomer, source, { now: 0 }, never)
  return { book, newcomer }
}

describe('test before evict', () => {
  it('leaves the place to who answered within four hours', () => {
    const { book, newcomer } = crowded()
    book.reached(newcomer.address, hourMs)
    expect(book.contested(hourMs)).toEqual([])
    expect(book.get(newcomer.address)?.triedSlot).toBeUndefined()
  })

  it('gives the place of who does not answer to who did', () => {
    const { book, newcomer } = crowded()
    book.reached(newcomer.address, dayMs)
    const [incumbent] = book.contested(dayMs)
    expect(incumbent?.triedSlot).toBeDefined()
    book.failed(incumbent!.target.address, dayMs + minuteMs)
    expect(book.get(newcomer.address)?.triedSlot).toBeDefined()
    expect(book.get(incumbent!.target.address)?.triedSlot).toBeUndefined()
    expect(book.get(incumbent!.target.address)?.newSlots).toHaveLength(1)
    expect(book.contested(dayMs + minuteMs)).toEqual([])
  })

  it('leaves the place to who answers the test', () => {
    const { book, newcomer } = crowded()
    book.reached(newcomer.address, dayMs)
    const [incumbent] = book.contested(dayMs)
    book.reached(incumbent!.target.address, dayMs + minuteMs)
    expect(book.contested(dayMs + minuteMs)).toEqual([])
    expect(book.get(newcomer.address)?.newSlots).toHaveLength(1)
  })

  it('does not wait for ever for the test', () => {
    const { book, newcomer } = crowded()
    book.reached(newcomer.address, dayMs)
    book.contested(dayMs + hourMs)
    expect(book.get(newcomer.address)?.triedSlot).toBeDefined()
  })
})

describe('an address', () => {
  it('is not worth dialling any more when nobody ever answered there', () => {
    const book = setUp()
    book.learn(target(1), source, { now: 0 }, never)
    for (let second = 0; second < 50; second++) book.failed(target(1).address, second * 1000)
    expect(book.candidates(minuteMs)).toHaveLength(1)
    book.failed(target(1).address, minuteMs)
    book.failed(target(1).address, 2 * minuteMs)
    expect(book.candidates(2 * minuteMs)).toEqual([])
  })

  it('where somebody answered once is given a week', () => {
    const book = setUp()
    book.learn(target(1), source, { now: 0 }, never)
    book.reached(target(1).address, 0)
    for (let hour = 1; hour < 100; hour++) book.failed(target(1).address, hour * hourMs)
    expect(book.candidates(6 * dayMs)).toHaveLength(1)
    expect(book.candidates(8 * dayMs)).toEqual([])
  })

  it('that nobody saw for a month is forgotten', () => {
    const book = setUp()
    book.learn(target(1), source, { now: 0 }, never)
    expect(book.candidates(29 * dayMs)).toHaveLength(1)
    expect(book.candidates(31 * dayMs)).toEqual([])
  })

  it('stands in more places of the book the more groups tell of it, and in four at most', () => {
    const book = setUp()
    for (let group = 0; group < 100; group++) book.learn(target(1), { host: '', group: `${group}` }, { now: 0 }, () => 0)
    expect(book.get(target(1).address)?.newSlots).toHaveLength(4)
    expect(book.size).toEqual({ new: 1, tried: 0 })
  })
})
