import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadApplicationModule } from './application-module.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synod-application-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function moduleOf(text: string): Promise<string> {
  const path = join(directory, `${Buffer.from(text).toString('base64url').slice(-40)}.mjs`)
  await writeFile(path, text)
  return path
}

const methods = 'initChain() {}, decodeTransaction() {}, checkTx() {}, executeBlock() {}'

test('a module may export its state machine', async () => {
  const path = await moduleOf(`export const application = { name: 'poll', ${methods} }`)
  expect(await loadApplicationModule(path)).toMatchObject({ name: 'poll' })
})

test('or how to make it for a chain', async () => {
  const path = await moduleOf(
    `export const application = { name: 'poll', create: ({ spec }) => ({ name: 'poll', of: spec, ${methods} }) }`,
  )
  const maker = await loadApplicationModule(path)
  expect(maker.create({ chainId: new Uint8Array(32), spec: 'the spec' } as never)).toMatchObject({ name: 'poll', of: 'the spec' })
})

const refused = [
  ['nothing', 'export const other = 1', 'It must export `application`'],
  ['a nameless object', `export const application = { ${methods} }`, 'It must export `application`'],
  ['half a state machine', `export const application = { name: 'poll', initChain() {} }`, 'It must export `application`'],
  ['what does not parse', 'export const application = {', ''],
  ['what throws', `throw new Error('no database here')`, 'no database here'],
] as const

test.each(refused)('a module that exports %s is refused', async (_what, text, reason) => {
  const path = await moduleOf(text)
  await expect(loadApplicationModule(path)).rejects.toMatchObject({ code: 'APPLICATION_MODULE_INVALID', where: path })
  await expect(loadApplicationModule(path)).rejects.toThrow(reason)
})

test('so is one that is not there', async () => {
  await expect(loadApplicationModule(join(directory, 'none.ts'))).rejects.toMatchObject({ code: 'APPLICATION_MODULE_INVALID' })
})
