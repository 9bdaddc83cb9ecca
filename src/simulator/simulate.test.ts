import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { liarNames } from './byzantine/liars.ts'
import { faultNames } from './faults.ts'
import { scenarioOf } from './scenario.ts'
import { simulate } from './simulate.ts'

const hasty = { interval_ms: 500, propose_timeout_ms: 500, prevote_timeout_ms: 200, precommit_timeout_ms: 200 }

test('four honest nodes in fair weather make a block an interval', async () => {
  const { height, transactions, violation } = await simulate({ seed: 1, seconds: 8, load: 5, consensus: { interval_ms: 1000 } })
  expect(violation).toBeUndefined()
  expect(height).toBeGreaterThanOrEqual(6)
  expect(transactions).toBeGreaterThan(20)
})

test.each(liarNames)('%s breaks no promise', async (liar) => {
  const { violation } = await simulate({ seed: 5, seconds: 6, liars: [liar], consensus: hasty })
  expect(violation).toBeUndefined()
})

test.each(faultNames)('%s breaks no promise', async (fault) => {
  const { violation } = await simulate({ seed: 6, seconds: 8, faults: [fault], consensus: hasty })
  expect(violation).toBeUndefined()
})

test('the same seed gives the same run, with and without a reader, and another seed another', async () => {
  const options = { seed: 11, ...scenarioOf(11), seconds: 8 }
  const lines: string[] = []
  const first = await simulate(options)
  expect(await simulate({ ...options, onTrace: (line) => lines.push(line) })).toEqual(first)
  expect(lines.length).toBeGreaterThan(10)
  expect((await simulate({ ...options, seed: 12 })).traceHash).not.toBe(first.traceHash)
})

test('the same seed gives the same run in another process', async () => {
  const program = `
    import { scenarioOf } from './scenario.ts'
    import { simulate } from './simulate.ts'
    const hashes = []
    for (const seed of [21, 22, 23]) hashes.push((await simulate({ seed, ...scenarioOf(seed), seconds: 6 })).traceHash)
    process.stdout.write(hashes.join(' '))`
  const child = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
  })
  const hashes: string[] = []
  for (const seed of [21, 22, 23]) hashes.push((await simulate({ seed, ...scenarioOf(seed), seconds: 6 })).traceHash)
  expect(child.stdout.split(' ')).toEqual(hashes)
})

test('an application that asks for the time is found out', async () => {
  const { violation } = await simulate({
    seed: 1,
    seconds: 5,
    application: {
      name: 'impatient',
      initChain: (_request, state) => state.set(Uint8Array.of(1), Uint8Array.of(1)),
      decodeTransaction: () => ({ ok: true, value: { fee: 0n, expiryHeight: 1_000_000, signatures: [], content: undefined } }),
      checkTx: () => ({ ok: true, value: undefined }),
      executeBlock: ({ transactions }) => ({
        results: transactions.map(() => ({ code: Date.now() % 2, data: new Uint8Array(0), events: [] })),
        validatorUpdates: [],
      }),
    },
    workload: (() => {
      let count = 0
      return () => Uint8Array.of(7, count++ % 256, count >> 8)
    })(),
  })
  expect(violation).toMatchObject({ check: 'crash', detail: expect.stringContaining('Date.now()') })
})

test('an application whose nodes disagree is found out', async () => {
  let calls = 0
  const { violation } = await simulate({
    seed: 1,
    seconds: 5,
    consensus: hasty,
    application: {
      name: 'fickle',
      initChain: (_request, state) => state.set(Uint8Array.of(1), Uint8Array.of(1)),
      decodeTransaction: () => ({ ok: true, value: { fee: 0n, expiryHeight: 1_000_000, signatures: [], content: undefined } }),
      checkTx: () => ({ ok: true, value: undefined }),
      executeBlock({ transactions }, state) {
        state.set(Uint8Array.of(1), Uint8Array.of(calls++ % 256))
        return { results: transactions.map(() => ({ code: 0, data: new Uint8Array(0), events: [] })), validatorUpdates: [] }
      },
    },
    workload: () => Uint8Array.of(7),
  })
  expect(violation).toMatchObject({ check: 'liveness' })
})
