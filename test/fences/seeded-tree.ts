import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

const configuration = ['package.json', 'tsconfig.json', 'biome.json', '.gitignore', '.dependency-cruiser.js', 'scripts/lint']

/** A directory with the repository's own tool configuration and, instead of its sources, the given files. */
export interface SeededTree {
  /** Runs a package's executable in the tree and returns what it printed. */
  run(
    executable: string,
    ...args: readonly string[]
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string }
  remove(): void
}

export function seededTree(files: Readonly<Record<string, string>>): SeededTree {
  const directory = mkdtempSync(join(tmpdir(), 'synod-fences-'))
  for (const path of configuration) cpSync(join(root, path), join(directory, path), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'), 'dir')
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), `${source}\n`)
  }
  return {
    run: (executable, ...args) => runExecutable(directory, executable, args),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export function runExecutable(cwd: string, executable: string, args: readonly string[]) {
  const run = spawnSync(process.execPath, [join(root, 'node_modules', executable), ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return { status: run.status, stdout: run.stdout, stderr: run.stderr }
}
