import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readOperatorToken, readOrMakeOperatorToken } from './operator-token.ts'

let directory = ''
let path = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synod-token-'))
  path = join(directory, 'operator-token')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('an operator token', () => {
  it('is made once, of 32 bytes, for its owner alone', async () => {
    expect(await readOperatorToken(path)).toBeUndefined()
    const token = await readOrMakeOperatorToken(path)
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toBe(`${token}\n`)
    expect([await readOrMakeOperatorToken(path), await readOperatorToken(path)]).toEqual([token, token])
  })

  it('is the same for all who make it at once, and another in each home', async () => {
    const tokens = await Promise.all([path, path, path, `${path}-2`].map(readOrMakeOperatorToken))
    expect(new Set(tokens.slice(0, 3)).size).toBe(1)
    expect(tokens[3]).not.toBe(tokens[0])
  })

  it.skipIf(process.platform === 'win32')('that others may read is refused, and not replaced', async () => {
    const token = await readOrMakeOperatorToken(path)
    for (const mode of [0o640, 0o604, 0o622]) {
      await chmod(path, mode)
      await expect(readOrMakeOperatorToken(path)).rejects.toMatchObject({ code: 'KEY_FILE_EXPOSED', where: path })
    }
    expect((await readFile(path, 'utf8')).trim()).toBe(token)
  })

  it.each([
    ['nothing', ''],
    ['half a token', 'ab'.repeat(16)],
    ['other letters', 'AB'.repeat(32)],
    ['two lines', `${'ab'.repeat(16)}\n${'ab'.repeat(15)}`],
    ['a long text', 'ab'.repeat(4000)],
  ])('that holds %s is refused', async (_what, text) => {
    await writeFile(path, text, { mode: 0o600 })
    await expect(readOrMakeOperatorToken(path)).rejects.toMatchObject({ code: 'KEY_FILE_DAMAGED' })
  })

  it('in whose place a directory is linked is refused', async () => {
    await symlink(directory, path)
    await expect(readOrMakeOperatorToken(path)).rejects.toMatchObject({ code: expect.stringMatching(/^KEY_FILE_/) })
  })
})
