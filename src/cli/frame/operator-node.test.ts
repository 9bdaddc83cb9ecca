import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readOrMakeOperatorToken } from '../../node/config/operator-token.ts'
import type { Console } from './command.ts'
import { findOperatorNode, requireOperatorNode } from './operator-node.ts'

let home = ''
let told = ''
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'synod-operator-'))
  await readOrMakeOperatorToken(join(home, 'operator-token'))
})
afterAll(() => rm(home, { recursive: true, force: true }))
beforeEach(() => {
  told = ''
})

const consoleWith = (environment: Console['environment'] = {}): Console => ({
  out: () => undefined,
  err(text) {
    told += text
  },
  askSecret: async () => undefined,
  readInput: async () => '',
  environment,
  workingDirectory: home,
})
const nothing = { api: undefined, home: undefined, 'token-file': undefined }
const elsewhere = 'http://node.example.org:26610'

describe('the operator token of a command', () => {
  it.each<[string, Parameters<typeof findOperatorNode>[0], Console['environment'], boolean]>([
    ['is that of the home that is named', { ...nothing, home: '.' }, {}, true],
    ['is that of the home in the environment', nothing, { SYNOD_HOME: '.' }, true],
    ['is in the file that is named', { ...nothing, api: elsewhere, 'token-file': 'operator-token' }, {}, true],
    ['is shown to a node that is named together with its home', { ...nothing, api: elsewhere, home: '.' }, {}, true],
    ['is not shown to a node of which only the address is named', { ...nothing, api: elsewhere }, {}, false],
    ['is not shown to a node of which only the environment has the address', nothing, { SYNOD_API: elsewhere }, false],
  ])('%s', async (_what, options, environment, expected) => {
    expect((await findOperatorNode(options, consoleWith(environment))).hasToken).toBe(expected)
  })

  it('that is missing is missed only where it is needed', async () => {
    const bare = { ...nothing, home: 'empty' }
    expect(await findOperatorNode(bare, consoleWith())).toMatchObject({ hasToken: false })
    await expect(requireOperatorNode(bare, consoleWith())).rejects.toMatchObject({ code: 'OPERATOR_TOKEN_MISSING', exit: 77 })
    const named = { ...nothing, 'token-file': 'empty' }
    await expect(findOperatorNode(named, consoleWith())).rejects.toMatchObject({ code: 'OPERATOR_TOKEN_MISSING' })
  })

  it('that others may read is refused', async () => {
    const path = join(home, 'exposed')
    await writeFile(path, `${'ab'.repeat(32)}\n`)
    await chmod(path, 0o644)
    const options = { ...nothing, 'token-file': 'exposed' }
    if (process.platform !== 'win32')
      await expect(findOperatorNode(options, consoleWith())).rejects.toMatchObject({ code: 'KEY_FILE_EXPOSED' })
  })

  it('that would cross a network unencrypted is warned of, and told nobody', async () => {
    await findOperatorNode({ ...nothing, api: elsewhere, home: '.' }, consoleWith())
    expect(told).toContain('travels to node.example.org unencrypted')
    told = ''
    for (const api of ['http://127.0.1.9:1', 'http://[::1]:1', 'localhost:1', 'https://node.example.org'])
      await findOperatorNode({ ...nothing, api, home: '.' }, consoleWith())
    expect(told).toBe('')
  })
})
