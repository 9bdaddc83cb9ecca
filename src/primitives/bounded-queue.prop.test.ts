import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBoundedQueue } from './bounded-queue.ts'

const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ push: fc.integer() }) },
  { weight: 2, arbitrary: fc.constant('shift' as const) },
  { weight: 1, arbitrary: fc.constant('peek' as const) },
)

test('behaves like an array that stops growing at its capacity', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.array(operation, { maxLength: 500 }), (capacity, operations) => {
      const queue = createBoundedQueue<number>(capacity)
      const model: number[] = []
      for (const step of operations) {
        if (step === 'shift') expect(queue.shift()).toBe(model.shift())
        else if (step === 'peek') expect(queue.peek()).toBe(model[0])
        else {
          expect(queue.push(step.push)).toBe(model.length < capacity)
          if (model.length < capacity) model.push(step.push)
        }
        expect(queue.size).toBe(model.length)
      }
      expect([...queue.values()]).toEqual(model)
    }),
  )
})

test('is empty, and usable, after clear', () => {
  const queue = createBoundedQueue<number>(2)
  queue.push(1)
  queue.clear()
  expect(queue.shift()).toBeUndefined()
  expect([queue.push(2), queue.push(3), queue.push(4)]).toEqual([true, true, false])
  expect([...queue.values()]).toEqual([2, 3])
})

test('a capacity below one is a bug', () => {
  expect(() => createBoundedQueue(0)).toThrow('at least one')
})
