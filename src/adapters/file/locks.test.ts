import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { OperationalError } from '../../primitives/operational-error.ts'
import { lockDirectory } from './directory-lock.ts'
import { lockValidatorKey } from './validator-key-lock.ts'

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'synod-lock-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

/** A process that runs one statement, then says so and stays. */
async function otherProcess(module: string, statement: string): Promise<ChildProcess> {
  const url = new URL(module, import.meta.url).href
  const source = `const it = await import(${JSON.stringify(url)}); ${statement}; console.log('held'); setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** The error that `work` ends with. */
async function errorOf(work: Promise<unknown>): Promise<OperationalError> {
  const error = await work.then(() => undefined).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(OperationalError)
  return error as OperationalError
}

describe('directory lock', () => {
  it('refuses a second holder in the same process, by any path, until the first lets go', async () => {
    const directory = await temporaryDirectory()
    const alias = join(await temporaryDirectory(), 'alias')
    await symlink(directory, alias)
    const lock = await lockDirectory(directory)
    expect((await errorOf(lockDirectory(alias))).code).toBe('DATA_DIR_LOCKED')
    await lock.release()
    await (await lockDirectory(alias)).release()
  })

  it('names the other process, and is free the moment that one is killed', async () => {
    const directory = await temporaryDirectory()
    const child = await otherProcess('./directory-lock.ts', `await it.lockDirectory(${JSON.stringify(directory)})`)
    const error = await errorOf(lockDirectory(directory))
    expect(error.code).toBe('DATA_DIR_LOCKED')
    expect(error.message).toContain(`process ${child.pid}`)
    expect(error.where).toBe(directory)
    await killed(child)
    await (await lockDirectory(directory)).release()
  })

  it('does not mind other directories', async () => {
    const locks = [await lockDirectory(await temporaryDirectory()), await lockDirectory(await temporaryDirectory())]
    for (const lock of locks) await lock.release()
  })
})

describe('validator key lock', () => {
  it('refuses the same key from another process until that one is killed, and no other key', async () => {
    const key = crypto.getRandomValues(new Uint8Array(48))
    const other = crypto.getRandomValues(new Uint8Array(48))
    const child = await otherProcess('./validator-key-lock.ts', `await it.lockValidatorKey(Uint8Array.of(${key.join()}))`)
    const error = await errorOf(lockValidatorKey(key))
    expect(error.code).toBe('VALIDATOR_KEY_IN_USE')
    expect(error.message).toContain(`Process ${child.pid}`)
    await (await lockValidatorKey(other)).release()
    await killed(child)
    await (await lockValidatorKey(key)).release()
  })
})
