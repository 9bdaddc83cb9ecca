import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = join(import.meta.dirname, '../../scripts/sum-test-reports.ts')
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'synod-reports-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function suite(name: string, status: number, [passed, failed, skipped]: readonly [number, number, number]): void {
  const assertionResults = Array.from({ length: failed }, (_, index) => ({ status: 'failed', fullName: `${name} ${index}` }))
  const report = {
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
    testResults: [{ assertionResults }],
  }
  writeFileSync(join(directory, `${name}.status`), `${status}\n`)
  writeFileSync(join(directory, `${name}.json`), JSON.stringify(report))
}

function sum() {
  const { status, stdout } = spawnSync(process.execPath, [script, directory], { encoding: 'utf8' })
  const lines = stdout.trimEnd().split('\n')
  return { status, last: lines.at(-1), named: lines.slice(0, -1) }
}

test('sums all suites', () => {
  suite('unit', 0, [10, 0, 1])
  suite('e2e', 0, [2, 0, 2])
  expect(sum()).toEqual({ status: 0, last: '12 passed, 0 failed, 3 skipped', named: [] })
})

test('names what failed, and fails', () => {
  suite('unit', 1, [10, 1, 0])
  expect(sum()).toEqual({ status: 1, last: '10 passed, 1 failed, 0 skipped', named: ['failed: unit: unit 0'] })
})

test.each([
  [124, 'failed: long: out of time'],
  [1, 'failed: long: ended with status 1'],
])('a suite that ends with %i and no failed test counts as one', (status, line) => {
  suite('unit', 0, [3, 0, 0])
  suite('long', status, [1, 0, 0])
  expect(sum()).toEqual({ status: 1, last: '4 passed, 1 failed, 0 skipped', named: [line] })
})

test.each([
  ['no report', undefined],
  ['half a report', '{"numPassedTests": 3,'],
])('a killed suite with %s counts as one', (_what, report) => {
  writeFileSync(join(directory, 'e2e.status'), '124\n')
  if (report !== undefined) writeFileSync(join(directory, 'e2e.json'), report)
  expect(sum()).toMatchObject({ status: 1, last: '0 passed, 1 failed, 0 skipped' })
})
