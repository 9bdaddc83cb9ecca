/** Compiles `src` into `dist` for publishing. The old output goes first, so that no file outlives its source. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'

process.chdir(`${import.meta.dirname}/..`)
rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync(process.execPath, ['node_modules/typescript7/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
