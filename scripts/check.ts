/**
 * The one gate. Every check runs, even after another failed, so that one run shows everything there is to mend; the summary at the
 * end names what failed. `node scripts/check.ts types fences` runs only those.
 */
import { spawnSync } from 'node:child_process'

const checks = {
  types: 'typecheck',
  lint: 'lint',
  fences: 'fences',
  'dead code': 'deadcode',
  docs: 'docs:check',
} as const

const wanted = process.argv.slice(2)
const failed: string[] = []

for (const [name, script] of Object.entries(checks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const startedAt = performance.now()
  console.log(`\n── ${name}: npm run ${script}`)
  const { status } = spawnSync('npm', ['run', '--silent', script], { stdio: 'inherit', shell: process.platform === 'win32' })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`── ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s`)
  if (status !== 0) failed.push(name)
}

console.log(failed.length === 0 ? '\nThe gate is open.' : `\nThe gate is shut: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1
