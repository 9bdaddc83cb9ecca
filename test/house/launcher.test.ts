import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { operationalErrors } from '../../src/primitives/error-catalogue.ts'

const root = join(import.meta.dirname, '../..')

/** A command that shows what reached it, and with `wait` stays until it is asked to stop. */
const command = `
export async function main(argv: readonly string[]): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const alive = setInterval(() => undefined, 1000)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      console.log(signal)
      resolve(5)
    })
  }
  if (argv[0] !== 'wait') resolve(7)
  console.log(JSON.stringify({ pid: process.pid, argv, channel: process.env['NODE_CHANNEL_FD'], launched: process.env['SYNOD_LAUNCHED'] }))
  return promise.finally(() => clearInterval(alive))
}
`

/** The launcher believes it runs under the Node named by this preload, wherever it really runs. */
const pretend = (version: string) =>
  `if (process.env.SYNOD_LAUNCHED === undefined) Object.defineProperty(process.versions, 'node', { value: '${version}' })`

let home: string
let children: ChildProcessByStdio<null, Readable, Readable>[]

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'synod-launcher-'))
  children = []
  mkdirSync(join(home, 'bin'))
  mkdirSync(join(home, 'src/cli'), { recursive: true })
  cpSync(join(root, 'bin/synod.js'), join(home, 'bin/synod.js'))
  writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(home, 'src/cli/main.ts'), command)
  writeFileSync(join(home, 'old.cjs'), pretend('20.1.0'))
})

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
})

function installRuntime(): void {
  mkdirSync(join(home, 'node_modules/node/bin'), { recursive: true })
  writeFileSync(join(home, 'node_modules/node/package.json'), '{ "name": "node" }')
  symlinkSync(process.execPath, join(home, 'node_modules/node/bin/node'))
}

/** Starts the launcher as an old Node would, or with `own` under this one as it is. */
function launch(argv: readonly string[], options: { own?: boolean } = {}) {
  const preload = options.own === true ? [] : ['--require', join(home, 'old.cjs')]
  const child = spawn(process.execPath, [...preload, join(home, 'bin/synod.js'), ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return {
    child,
    /** The first line the command printed. */
    async started() {
      while (!stdout.includes('\n')) await once(child.stdout, 'data')
      return JSON.parse(stdout.split('\n', 1)[0] as string) as {
        pid: number
        argv: string[]
        channel?: string
        launched?: string
      }
    },
    /** Once the streams are closed, that is once nobody holds them any more. */
    async ended() {
      const [code, signal] = await once(child, 'close')
      return { code, signal, stdout, stderr }
    },
  }
}

describe('launcher', () => {
  test('runs the command in its own process when this Node is new enough', async () => {
    const run = launch(['status', '--json'], { own: true })
    expect(await run.started()).toEqual({ pid: run.child.pid, argv: ['status', '--json'] })
    expect(await run.ended()).toMatchObject({ code: 7, stderr: '' })
  })

  test('re-executes under the installed runtime, and passes arguments, streams and status', async () => {
    installRuntime()
    const run = launch(['status', 'two words', '--json'])
    const started = await run.started()
    expect(started).toEqual({ pid: expect.any(Number), argv: ['status', 'two words', '--json'] })
    expect(started.pid).not.toBe(run.child.pid)
    expect(await run.ended()).toMatchObject({ code: 7, signal: null, stderr: '' })
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('hands %s on, once', async (signal) => {
    installRuntime()
    const run = launch(['wait'])
    await run.started()
    run.child.kill(signal)
    const { code, stdout } = await run.ended()
    expect(code).toBe(5)
    expect(stdout.split('\n').slice(1)).toEqual([signal, ''])
  })

  test('dies of the signal that killed the command', async () => {
    installRuntime()
    const run = launch(['wait'])
    const { pid } = await run.started()
    process.kill(pid, 'SIGKILL')
    expect(await run.ended()).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  test('leaves no orphan behind when it is killed itself', async () => {
    installRuntime()
    const run = launch(['wait'])
    await run.started()
    run.child.kill('SIGKILL')
    const { stdout } = await run.ended()
    expect(stdout).toContain('SIGTERM')
  })

  test('prefers the sources of a checkout, and runs the compiled files of a package', async () => {
    installRuntime()
    rmSync(join(home, 'src'), { recursive: true })
    mkdirSync(join(home, 'dist/cli'), { recursive: true })
    writeFileSync(join(home, 'dist/cli/main.js'), "export const main = async () => (console.log('compiled'), 0)")
    expect(await launch([]).ended()).toMatchObject({ code: 0, stdout: 'compiled\n' })
  })

  test('says what to do when there is no runtime', async () => {
    const { code, stdout, stderr } = await launch(['status']).ended()
    expect({ code, stdout }).toEqual({ code: operationalErrors.RUNTIME_MISSING.exit, stdout: '' })
    expect(stderr).toContain('RUNTIME_MISSING  ')
    expect(stderr).toContain('This is Node 20.1.0')
    expect(stderr).toContain(operationalErrors.RUNTIME_MISSING.hint)
    expect(stderr).toContain('docs/errors.md#runtime_missing')
  })

  test('does not loop when the installed runtime is too old as well', async () => {
    installRuntime()
    writeFileSync(join(home, 'old.cjs'), "Object.defineProperty(process.versions, 'node', { value: '20.1.0' })")
    expect(await launch(['status']).ended()).toMatchObject({ code: 78, stderr: expect.stringContaining('RUNTIME_MISSING') })
  })

  test('says what to do when the installed runtime does not start', async () => {
    installRuntime()
    const runtime = join(home, 'node_modules/node/bin/node')
    rmSync(runtime)
    writeFileSync(runtime, '')
    chmodSync(runtime, 0o644)
    expect(await launch(['status']).ended()).toMatchObject({ code: 78, stderr: expect.stringContaining('does not start') })
  })

  test('parses on Node 18: nothing in it is newer', () => {
    const source = readFileSync(join(root, 'bin/synod.js'), 'utf8')
    expect(source).not.toMatch(/import\.meta\.(dirname|filename)|with \{|\busing\b|import \{[^}]*enableCompileCache/)
  })
})
