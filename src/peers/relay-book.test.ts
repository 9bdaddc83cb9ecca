import { expect, test } from 'vitest'
import { createRelayBook, type RelayLimits } from './relay-book.ts'

const limits: RelayLimits = {
  reservations: 3,
  reservationsPerHost: 2,
  circuits: 3,
  circuitsPerPeer: 2,
  bytesPerSecond: 1000,
  reservationMs: 100,
  circuitMs: 1000,
}

test('one peer has one reservation, however often it asks', () => {
  const book = createRelayBook()
  for (let now = 0; now < 50; now++) expect(book.reserve('a', 'h', limits, now)).toBe(true)
  expect(book.usage(50)).toEqual({ reservations: 1, circuits: 0 })
})

test('a host has few, and all together are bounded; what ends makes room', () => {
  const book = createRelayBook()
  const asks: [string, string, number, boolean][] = [
    ['a', 'h', 0, true],
    ['b', 'h', 10, true],
    ['c', 'h', 20, false],
    ['c', 'other', 20, true],
    ['d', 'third', 20, false],
    ['a', 'h', 90, true],
    ['d', 'third', 110, true],
  ]
  for (const [peer, host, now, isGranted] of asks)
    expect([peer, now, book.reserve(peer, host, limits, now)]).toEqual([peer, now, isGranted])
  expect(['a', 'b', 'c', 'd', 'e'].filter((peer) => book.isReserved(peer, 111))).toEqual(['a', 'c', 'd'])
  book.forget('a')
  expect(book.isReserved('a', 111)).toBe(false)
})

test('both ends of a connection pay for it, and a place is given back once', () => {
  const book = createRelayBook()
  const first = book.enter('a', 'b', limits)
  expect(book.enter('b', 'c', limits)).toBeDefined()
  expect(book.enter('d', 'b', limits)).toBeUndefined()
  expect(book.enter('a', 'c', limits)).toBeDefined()
  expect(book.enter('d', 'e', limits)).toBeUndefined()
  first?.()
  first?.()
  expect(book.usage(0).circuits).toBe(2)
  expect(book.enter('d', 'b', limits)).toBeDefined()
  expect(book.enter('d', 'e', limits)).toBeUndefined()
})
