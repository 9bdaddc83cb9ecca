import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

function run(cwd: string, executable: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(executable, args, { cwd, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** The package as a user's project has it: compiled, under node_modules, where Node strips no types, with its dependencies hoisted. */
describe('the published package', () => {
  let project: string

  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'synod-package-'))
    const modules = join(project, 'node_modules')
    mkdirSync(modules)
    for (const name of readdirSync(join(root, 'node_modules'))) symlinkSync(join(root, 'node_modules', name), join(modules, name))
    for (const path of ['bin', 'package.json']) cpSync(join(root, path), join(modules, 'synod', path), { recursive: true })
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
    const compiler = join(root, 'node_modules/typescript7/bin/tsc')
    const output = join(modules, 'synod/dist')
    expect(run(root, process.execPath, compiler, '-p', 'tsconfig.build.json', '--outDir', output)).toMatchObject({
      status: 0,
      stdout: '',
    })
  }, 120_000)
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  test('starts', () => {
    const { status, stdout, stderr } = run(project, process.execPath, 'node_modules/synod/bin/synod.js', '--help')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('devnet')
  })

  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }

  test.each(Object.keys(exports).filter((path) => !path.endsWith('.json')))('exports %s', (path) => {
    const program = `import * as entry from '${path.replace('.', 'synod')}'; console.log(Object.keys(entry).length > 0)`
    const { status, stdout, stderr } = run(project, process.execPath, '--input-type=module', '--eval', program)
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true\n', stderr: '' })
  })

  test('carries the launcher, the licence, the references, and neither sources nor tests', () => {
    const { stdout } = run(root, 'npm', 'pack', '--dry-run', '--json', '--ignore-scripts')
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }]
    const paths = files.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['bin/synod.js', 'LICENSE', 'package.json', 'docs/errors.md']))
    expect(paths.filter((path) => path.startsWith('src/') || /\.(test|contract)\./.test(path))).toEqual([])
  })
})
