import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { createBoundedMap } from './bounded-map.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('bounded map', () => {
  test('forgets the entry unused for longest', () => {
    const map = createBoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    map.get('a')
    expect(map.set('c', 3)).toEqual(['b', 2])
    expect([...map.entries()]).toEqual([
      ['a', 1],
      ['c', 3],
    ])
  })

  test('peek and has are no use of an entry', () => {
    const map = createBoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    expect(map.peek('a')).toBe(1)
    expect(map.has('a')).toBe(true)
    expect(map.set('c', 3)).toEqual(['a', 1])
  })

  test('writing a key again replaces it and evicts nothing', () => {
    const map = createBoundedMap<string, number>(2)
    map.set('a', 1)
    map.set('b', 2)
    expect(map.set('a', 3)).toBeUndefined()
    expect(map.size).toBe(2)
    expect(map.set('c', 4)).toEqual(['b', 2])
  })

  test('holds undefined as a value', () => {
    const map = createBoundedMap<string, undefined>(2)
    map.set('a', undefined)
    map.set('b', undefined)
    map.get('a')
    expect(map.set('c', undefined)).toEqual(['b', undefined])
  })

  test('drops the oldest entries that say nothing any more, up to the first that does', () => {
    const map = createBoundedMap<string, number>(8)
    for (const [key, value] of Object.entries({ a: 1, b: 1, c: 1, d: 2, e: 1 })) map.set(key, value)
    const isStale = (value: number) => value === 1
    map.dropStale(isStale)
    expect(Array.from(map.entries(), ([key]) => key)).toEqual(['c', 'd', 'e'])
    map.dropStale(isStale)
    map.dropStale(isStale)
    expect(Array.from(map.entries(), ([key]) => key)).toEqual(['d', 'e'])
  })

  test('an entry used since it was last looked at is not the oldest', () => {
    const map = createBoundedMap<string, number>(8)
    map.set('a', 1)
    map.set('b', 2)
    map.dropStale(() => false)
    map.set('a', 3)
    map.dropStale((value) => value === 2)
    expect([...map.entries()]).toEqual([['a', 3]])
    map.dropStale((value) => value === 3)
    map.dropStale(() => true)
    expect(map.size).toBe(0)
  })

  test('deletes and clears', () => {
    const map = createBoundedMap<string, number>(2)
    map.set('a', 1)
    expect(map.delete('a')).toBe(true)
    expect(map.delete('a')).toBe(false)
    map.set('b', 2)
    map.clear()
    expect(map.size).toBe(0)
  })

  // V8 keeps what was deleted from a map as long as an older iterator of it rests.
  test.each([
    ['never full', 0],
    ['once full', 200],
  ])('keeps nothing alive that was deleted: %s', async (_case, filled) => {
    const capacity = 100
    const map = createBoundedMap<number, object>(capacity)
    for (let key = 0; key < filled; key++) map.set(key, {})
    map.clear()
    for (let key = 0; key < filled; key++) map.set(key, {})
    for (let key = 0; key < filled; key++) map.delete(key)
    const deleted: WeakRef<object>[] = []
    for (let key = 0; key < 10 * capacity; key++) {
      const value = {}
      deleted.push(new WeakRef(value))
      map.set(key, value)
      map.delete(key - capacity / 2)
    }
    await new Promise((resume) => setImmediate(resume))
    collectGarbage()
    expect(deleted.filter((reference) => reference.deref() !== undefined).length).toBeLessThanOrEqual(2 * capacity)
  })

  test.each([0, -1, 1.5, Number.NaN])('a capacity of %s is a bug', (capacity) => {
    expect(() => createBoundedMap(capacity)).toThrow('at least one')
  })
})
