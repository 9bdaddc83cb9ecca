import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createTendermint } from 'synod/consensus'
import { expect, test } from 'vitest'
import * as source from '../../src/consensus/tendermint/tendermint.ts'

test('in a checkout the package imports itself from its sources', () => {
  expect(createTendermint).toBe(source.createTendermint)
})

test('so does Node, under the condition synod-source', () => {
  const program = "import { channels } from 'synod/network'; console.log(channels.length > 0)"
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=synod-source', '--input-type=module', '--eval', program],
    {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
    },
  )
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
})
