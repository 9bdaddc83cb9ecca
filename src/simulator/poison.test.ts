import { getRandomValues, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { NotDeterministicError, withPoisonedGlobals } from './poison.ts'

const uses: readonly (readonly [name: string, use: () => unknown])[] = [
  ['Date.now', () => Date.now()],
  ['new Date', () => new Date()],
  ['Date', () => Date()],
  ['Math.random', () => Math.random()],
  ['performance.now', () => performance.now()],
  ['process.hrtime', () => process.hrtime()],
  ['setTimeout', () => setTimeout(() => undefined, 0)],
  ['setInterval', () => setInterval(() => undefined, 1_000)],
  ['setImmediate', () => setImmediate(() => undefined)],
  ['timers/promises.setTimeout', () => sleep(0)],
  ['crypto.randomBytes', () => randomBytes(1)],
  ['crypto.getRandomValues', () => getRandomValues(new Uint8Array(1))],
  ['crypto.getRandomValues', () => crypto.getRandomValues(new Uint8Array(1))],
  ['crypto.randomUUID', () => crypto.randomUUID()],
]

test.each(uses)('%s throws inside a simulation, and says what to use instead', async (name, use) => {
  const inside = withPoisonedGlobals(async () => use())
  await expect(inside).rejects.toThrow(NotDeterministicError)
  await expect(inside).rejects.toThrow(name)
})

test('dates of a given time may be computed with', async () => {
  const year = await withPoisonedGlobals(async () => new Date(1_800_000_000_000).getUTCFullYear() + Date.UTC(1970, 0, 1))
  expect(year).toBe(2027)
})

test('what runs beside a simulation keeps its time, and everything is put back afterwards', async () => {
  const originals = [Date, Math.random, setTimeout, performance.now, randomBytes]
  const { promise, resolve: finish } = Promise.withResolvers<void>()
  const simulation = withPoisonedGlobals(() => promise)
  expect(Date.now()).toBeGreaterThan(0)
  expect(new Date()).toBeInstanceOf(Date)
  await sleep(0)
  finish()
  await simulation
  expect([Date, Math.random, setTimeout, performance.now, randomBytes]).toEqual(originals)
  for (const [name, use] of uses) {
    const used = use()
    if (name === 'setInterval') clearInterval(used as NodeJS.Timeout)
  }
})
