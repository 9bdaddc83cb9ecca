import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBinaryHeap } from './binary-heap.ts'

const numbers = fc.array(fc.integer({ min: 0, max: 20 }))

function drain(heap: ReturnType<typeof createBinaryHeap<number>>): number[] {
  const drained: number[] = []
  for (let top = heap.pop(); top !== undefined; top = heap.pop()) drained.push(top)
  return drained
}

test('items come out in order, those given at first and those pushed later', () => {
  fc.assert(
    fc.property(numbers, numbers, (first, later) => {
      const heap = createBinaryHeap<number>((left, right) => left < right, [...first])
      for (const item of later) heap.push(item)
      expect(heap.size).toBe(first.length + later.length)
      expect(drain(heap)).toEqual([...first, ...later].sort((left, right) => left - right))
    }),
  )
})

test('replacing the top is a pop and a push', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.integer(), (items, item) => {
      const heap = createBinaryHeap<number>((left, right) => left > right, [...items])
      heap.replaceTop(item)
      const sorted = items.sort((left, right) => right - left).slice(1)
      expect(drain(heap)).toEqual([...sorted, item].sort((left, right) => right - left))
    }),
  )
})

test('an empty heap has no top', () => {
  const heap = createBinaryHeap<number>((left, right) => left < right)
  expect([heap.peek(), heap.pop(), heap.size]).toEqual([undefined, undefined, 0])
})
