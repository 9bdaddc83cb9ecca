import { expect, test } from 'vitest'
import { justice, spammed } from '../../test/simulator/spammed.ts'

const seeds = 30

test(`${seeds} seeds: a spammer is banned by every honest node, nobody else is, and blocks go on`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await spammed(seed)
    expect(outcome, outcome.replay).toMatchObject(justice)
  }
})
