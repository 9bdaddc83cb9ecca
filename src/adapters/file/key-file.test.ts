import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { seal } from '../../crypto/seal.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import { toHex } from '../../primitives/bytes.ts'
import { createKeyFile, loadKeyFile, loadOrCreateKeyFile } from './key-file.ts'

/** Counts instead of surprising. */
function countingEntropy() {
  let next = 0
  return { bytes: (length: number) => Uint8Array.from({ length }, () => next++ & 255) }
}

const cost = { passes: 1, memoryKib: 8 }
let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synod-key-file-'))
  path = join(folder, 'peer.key')
})
afterEach(() => rmSync(folder, { recursive: true }))

const options = (change: Partial<Parameters<typeof loadOrCreateKeyFile>[0]> = {}) => {
  return { path, kind: 'peer' as const, passphrase: 'correct horse', entropy: countingEntropy(), cost, ...change }
}

it('creates a key once, sealed, for its owner alone, and loads it from then on', async () => {
  const first = await loadOrCreateKeyFile(options())
  expect(first.created).toBe(true)
  expect(first.seed.length).toBe(32)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path).toString('hex')).not.toContain(toHex(first.seed))
  expect(readdirSync(folder)).toEqual(['peer.key'])

  const second = await loadOrCreateKeyFile(options())
  expect(second).toEqual({ seed: first.seed, created: false })
})

it('says that there is no file', async () => {
  expect(await loadKeyFile(options())).toBeUndefined()
})

it('never replaces a file', async () => {
  const { seed } = await loadOrCreateKeyFile(options())
  expect(await createKeyFile({ ...options(), seed: new Uint8Array(32) })).toBe(false)
  expect(await loadKeyFile(options())).toEqual(seed)
  expect(readdirSync(folder)).toEqual(['peer.key'])
})

it('gives everyone the same key when many create it at once', async () => {
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, index) => {
      const entropy = { bytes: (length: number) => new Uint8Array(length).fill(index) }
      return loadOrCreateKeyFile(options({ entropy }))
    }),
  )
  expect(new Set(all.map(({ seed }) => toHex(seed))).size).toBe(1)
  expect(all.filter(({ created }) => created).length).toBe(1)
  expect(readdirSync(folder)).toEqual(['peer.key'])
})

it.skipIf(process.platform === 'win32').each([0o640, 0o604, 0o620, 0o666])('refuses a file of mode %o', async (mode) => {
  await loadOrCreateKeyFile(options())
  chmodSync(path, mode)
  await expect(loadKeyFile(options())).rejects.toMatchObject({ code: 'KEY_FILE_EXPOSED', where: path })
})

it('tells a wrong passphrase, a key of another kind, a damaged file and no key at all apart', async () => {
  await loadOrCreateKeyFile(options())
  await expect(loadKeyFile(options({ passphrase: 'wrong' }))).rejects.toMatchObject({ code: 'KEY_FILE_PASSPHRASE' })
  await expect(loadKeyFile(options({ kind: 'validator' }))).rejects.toMatchObject({ code: 'KEY_FILE_KIND' })

  const content = readFileSync(path)
  const write = (bytes: Bytes) => writeFileSync(path, bytes)
  const chance = { salt: new Uint8Array(16), nonce: new Uint8Array(24) }
  for (const bytes of [
    content.subarray(0, -1),
    Buffer.concat([content, Buffer.alloc(1)]),
    content.map((byte, index) => (index === 70 ? byte ^ 1 : byte)),
    new Uint8Array(0),
    new Uint8Array(2000),
    seal(new Uint8Array(31).fill(1), 'correct horse', chance, cost),
    seal(new Uint8Array(33).fill(9), 'correct horse', chance, cost),
  ]) {
    write(bytes)
    await expect(loadOrCreateKeyFile(options())).rejects.toMatchObject({ code: 'KEY_FILE_DAMAGED', where: path })
  }
})

it('fails with its own error where no file can be', async () => {
  const missing = join(folder, 'missing', 'peer.key')
  await expect(loadOrCreateKeyFile(options({ path: missing }))).rejects.toMatchObject({ code: 'KEY_FILE_FAILED', where: missing })
  await expect(loadOrCreateKeyFile(options({ path: folder }))).rejects.toMatchObject({ where: folder })
  expect(existsSync(missing)).toBe(false)
})

it('keeps secrets out of its errors', async () => {
  const { seed } = await loadOrCreateKeyFile(options())
  const error = await loadKeyFile(options({ passphrase: 'a wrong secret' })).catch((thrown: unknown) => thrown)
  const text = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`
  expect(text).not.toContain('a wrong secret')
  expect(text).not.toContain(toHex(seed))
})
