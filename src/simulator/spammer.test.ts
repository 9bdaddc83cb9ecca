import { expect, test } from 'vitest'
import { justice, spammed } from '../../test/simulator/spammed.ts'

test.each([1, 2])('seed %i: a spammer is banned by every honest node, nobody else is, and blocks go on', async (seed) => {
  expect(await spammed(seed)).toMatchObject(justice)
})
