import { spawnSync } from 'node:child_process'
import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runSynod, startProcess } from './support/run-synod.ts'

const root = join(import.meta.dirname, '../..')

const milliseconds = expect.any(Number)
const report = {
  readyMs: milliseconds,
  height: milliseconds,
  finalityMs: { p50: milliseconds, p99: milliseconds },
  blockIntervalMs: milliseconds,
  transactions: milliseconds,
  rssMb: { node0: milliseconds, node1: milliseconds, node2: milliseconds, node3: milliseconds },
}

function expectReport(stdout: string): void {
  const lines = stdout.trimEnd().split('\n')
  const figures = JSON.parse(lines.at(-1) ?? '') as { height: number; readyMs: number; transactions: number }
  expect(figures).toEqual(report)
  expect(figures.height).toBeGreaterThanOrEqual(20)
  expect(figures.transactions).toBeGreaterThan(0)
  expect(figures.readyMs).toBeGreaterThan(0)
}

describe('a devnet to a height, unattended', () => {
  test('prints one JSON object, and nothing else, and exits 0', async () => {
    const { status, stdout, stderr } = await runSynod(['devnet', '--until-height', '20', '--json'], { timeoutMs: 100_000 })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.split('\n')).toHaveLength(2)
    expectReport(stdout)
  })

  const older = olderNode()
  test.skipIf(older === undefined)(
    `runs by \`npm start\` on the machine's own Node${older ? '' : ' (skipped: none below 24 in PATH)'}`,
    async () => {
      const { directory = '', path = '' } = older ?? {}
      const run = startProcess(
        ['npm', 'start', '--', '--until-height', '20', '--json'],
        { PATH: [directory, path].join(delimiter) },
        root,
      )
      const { status, stdout } = await run.ended
      expect(status).toBe(0)
      expectReport(stdout)
    },
  )
})

/** A Node of the machine's own that is too old to run Synod, and a PATH without the pinned one. */
function olderNode(): { directory: string; path: string } | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => !directory.includes('node_modules'))
  for (const directory of directories) {
    const candidate = join(directory, 'node')
    if (!isExecutable(candidate) || realpathSync(candidate) === realpathSync(process.execPath)) continue
    const version = spawnSync(candidate, ['--version'], { encoding: 'utf8' }).stdout
    if (Number.parseInt(version.slice(1), 10) < 24) return { directory, path: directories.join(delimiter) }
  }
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
