/**
 * Sums the JSON reports of test suites in a directory: prints what failed, then `N passed, N failed, N skipped` as the last line.
 * Each suite `x` left `x.status` with its exit status; one that failed without a failed test in its report (it did not start, ran
 * out of time, or had an error outside any test) counts as one failure.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('usage: node scripts/sum-test-reports.ts <directory>')

let passed = 0
let failed = 0
let skipped = 0

for (const statusFile of globSync('*.status', { cwd: directory }).sort((a, b) => a.localeCompare(b))) {
  const suite = statusFile.slice(0, -'.status'.length)
  const status = readFileSync(join(directory, statusFile), 'utf8').trim()
  const report = readReport(join(directory, `${suite}.json`))
  passed += report?.numPassedTests ?? 0
  skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
  failed += report?.numFailedTests ?? 0

  for (const { fullName } of failures(report)) console.log(`failed: ${suite}: ${fullName}`)
  if (status !== '0' && (report?.numFailedTests ?? 0) === 0) {
    failed += 1
    console.log(`failed: ${suite}: ${status === '124' ? 'out of time' : `ended with status ${status}`}`)
  }
}

process.exitCode = failed === 0 ? 0 : 1
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)

/** A suite that was killed may have left no report, or half of one. */
function readReport(path: string): Report | undefined {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return undefined
  }
}

function failures(report: Report | undefined) {
  return (report?.testResults ?? []).flatMap((file) => file.assertionResults.filter(({ status }) => status === 'failed'))
}
