import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyChange, changeFrom, type ListVersion, nextVersion } from './delta-list.ts'

interface Entry {
  readonly key: string
  readonly value: number
}
const same = (left: Entry, right: Entry) => left.value === right.value
const rules = { keyOf: ({ key }: Entry) => key, entriesMax: 20 }
const lists = fc
  .dictionary(fc.constantFrom(...'abcdefghijklmnopqrst'), fc.nat(3), { maxKeys: 20 })
  .map((drawn) => new Map(Object.entries(drawn).map(([key, value]) => [key, { key, value }])))

test('whoever follows every change, or misses some and asks again, has the list', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(lists, fc.boolean()), { minLength: 1, maxLength: 12 }), (steps) => {
      let current: ListVersion<Entry> | undefined
      let told: ListVersion<Entry> | undefined
      let held: ListVersion<Entry> | undefined
      for (const [entries, arrives] of steps) {
        current = nextVersion(current, entries, same)
        if (current === told) continue
        const change = changeFrom(told, current, same)
        told = current
        if (!arrives) continue
        let applied = applyChange(held, change, rules)
        if (applied.ok && applied.value === 'unknown-base')
          applied = applyChange(held, changeFrom(undefined, current, same), rules)
        if (!applied.ok || applied.value === 'unknown-base') throw new Error('an honest change was refused')
        held = applied.value
        expect(new Map(held.entries)).toEqual(new Map(entries))
      }
    }),
  )
})

test('a change is never longer than the list', () => {
  fc.assert(
    fc.property(lists, lists, (before, after) => {
      const base = nextVersion(undefined, before, same)
      const change = changeFrom(base, nextVersion(base, after, same), same)
      const size = change.type === 'full' ? change.entries.length : change.added.length + change.removed.length
      expect(size).toBeLessThanOrEqual(after.size)
    }),
  )
})

const base: ListVersion<Entry> = { version: 3, entries: new Map([['a', { key: 'a', value: 1 }]]) }
const many = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: 0 }))
const [b, c] = [
  { key: 'b', value: 1 },
  { key: 'c', value: 1 },
]

test.each([
  ['removes a stranger', { type: 'delta', base: 3, version: 4, added: [], removed: ['x'] }],
  ['removes twice', { type: 'delta', base: 3, version: 4, added: [], removed: ['a', 'a'] }],
  ['adds twice', { type: 'delta', base: 3, version: 4, added: [b, c, b], removed: [] }],
  ['adds and removes one', { type: 'delta', base: 3, version: 4, added: [{ key: 'a', value: 2 }], removed: ['a'] }],
  ['grows too long', { type: 'delta', base: 3, version: 4, added: many(20), removed: [] }],
  ['goes nowhere', { type: 'delta', base: 3, version: 3, added: [b], removed: [] }],
  ['is old news', { type: 'full', version: 2, entries: [b] }],
  ['has too many', { type: 'full', version: 9, entries: many(21) }],
  ['has one twice', { type: 'full', version: 9, entries: [b, b] }],
] as const)('a change that %s is refused', (_, change) => {
  expect(applyChange(base, change, rules)).toMatchObject({ ok: false, error: { code: 'PEER_LIST_INVALID' } })
})

test('a change to what one does not have is not a fault', () => {
  const change = { type: 'delta', base: 2, version: 4, added: [], removed: ['x'] } as const
  expect(applyChange(base, change, rules)).toEqual({ ok: true, value: 'unknown-base' })
  expect(applyChange(undefined, change, rules)).toEqual({ ok: true, value: 'unknown-base' })
})
