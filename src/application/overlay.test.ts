import { expect, test } from 'vitest'
import { type Bytes, utf8 } from '../primitives/bytes.ts'
import { createOverlay } from './overlay.ts'

const base = { get: (key: Bytes) => (key[0] === utf8('a')[0] ? utf8('from the base') : undefined) }

test('reads through to the base, and its own writes before that', () => {
  const overlay = createOverlay(base)
  expect(overlay.get(utf8('a'))).toEqual(utf8('from the base'))
  expect(overlay.get(utf8('b'))).toBeUndefined()
  overlay.set(utf8('b'), utf8('written'))
  overlay.delete(utf8('a'))
  expect(overlay.get(utf8('a'))).toBeUndefined()
  expect(overlay.get(utf8('b'))).toEqual(utf8('written'))
})

test('changes are sorted by the bytes of the key, each key once, deletions among them', () => {
  const overlay = createOverlay(base)
  for (const key of ['b', 'a', 'ab', 'b']) overlay.set(utf8(key), utf8(`value of ${key}`))
  overlay.set(Uint8Array.of(0xff), utf8('last'))
  overlay.set(Uint8Array.of(0x7f), utf8('before last'))
  overlay.delete(utf8('ab'))
  const keys = overlay.changes().map(([key]) => [...key])
  expect(keys).toEqual([[0x61], [0x61, 0x62], [0x62], [0x7f], [0xff]])
  expect(overlay.changes()[1]?.[1]).toBeUndefined()
})

test('a failed attempt leaves no trace, a good one inside it neither', () => {
  const overlay = createOverlay(base)
  overlay.set(utf8('kept'), utf8('before'))
  const kept = overlay.attempt(() => {
    overlay.set(utf8('kept'), utf8('during'))
    overlay.set(utf8('new'), utf8('during'))
    overlay.attempt(() => {
      overlay.set(utf8('inner'), utf8('during'))
      return true
    })
    expect(overlay.get(utf8('inner'))).toEqual(utf8('during'))
    return false
  })
  expect(kept).toBe(false)
  expect(overlay.changes()).toEqual([[utf8('kept'), utf8('before')]])
})

test('a failed attempt inside a good one takes back its own writes only', () => {
  const overlay = createOverlay(base)
  overlay.attempt(() => {
    overlay.set(utf8('a'), utf8('outer'))
    overlay.attempt(() => {
      overlay.delete(utf8('a'))
      overlay.set(utf8('b'), utf8('inner'))
      return false
    })
    return true
  })
  expect(overlay.changes()).toEqual([[utf8('a'), utf8('outer')]])
})

test('an attempt that throws is taken back', () => {
  const overlay = createOverlay(base)
  expect(() =>
    overlay.attempt(() => {
      overlay.set(utf8('a'), utf8('b'))
      throw new Error('our bug')
    }),
  ).toThrow('our bug')
  expect(overlay.changes()).toEqual([])
})
