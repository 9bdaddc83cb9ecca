import { describe, expect, test } from 'vitest'
import { createBoundedMap } from './bounded-map.ts'

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

  test('deletes and clears', () => {
    const map = createBoundedMap<string, number>(2)
    map.set('a', 1)
    expect(map.delete('a')).toBe(true)
    expect(map.delete('a')).toBe(false)
    map.set('b', 2)
    map.clear()
    expect(map.size).toBe(0)
  })

  test.each([0, -1, 1.5, Number.NaN])('a capacity of %s is a bug', (capacity) => {
    expect(() => createBoundedMap(capacity)).toThrow('at least one')
  })
})
