import { expect, it } from 'vitest'
import { createBulkBudget } from './bulk-budget.ts'
import { acknowledgeEveryBytes, writeBytesMax } from './limits.ts'

it('has room for whole bytes, whatever is measured of the link', async () => {
  const budget = createBulkBudget(() => undefined)
  const rooms: number[] = []
  let sent = 0
  for (let round = 0; round < 50; round++) {
    for (let room = budget.room(); room >= 1; room = Math.floor(budget.room())) {
      const bytes = Math.min(room, writeBytesMax)
      sent += bytes
      budget.take(bytes)
    }
    // Late in different measure, as a busy peer is: then the window follows the rate, and is no multiple of anything.
    await new Promise((resume) => setTimeout(resume, round % 7))
    budget.acknowledged((sent - acknowledgeEveryBytes) >>> 0)
    rooms.push(budget.room())
  }
  expect(rooms.filter((room) => !Number.isInteger(room))).toEqual([])
})
