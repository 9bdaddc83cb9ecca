import { describe, expect, test } from 'vitest'
import { startTime } from './pacing.ts'

const genesisTime = 1_700_000_000_000
const minutes = 60_000

describe('when a height begins', () => {
  test.each([
    ['no interval: at once', { interval_ms: 0, schedule: 'paced' }, { height: 5, previous: 1000, now: 1010 }, 1010],
    [
      'paced: an interval after the previous block',
      { interval_ms: 1000, schedule: 'paced' },
      { height: 5, previous: 1000, now: 1010 },
      2000,
    ],
    ['paced and late: at once', { interval_ms: 1000, schedule: 'paced' }, { height: 5, previous: 1000, now: 9000 }, 9000],
    [
      'paced: a late block moves all that follow',
      { interval_ms: 1000, schedule: 'paced' },
      { height: 2, previous: 7300, now: 7310 },
      8300,
    ],
    [
      'fixed: at genesis + h × interval',
      { interval_ms: 1000, schedule: 'fixed' },
      { height: 5, previous: 4001, now: 4010 },
      5000,
    ],
    [
      'fixed: a late block delays no other',
      { interval_ms: 1000, schedule: 'fixed' },
      { height: 5, previous: 4900, now: 4910 },
      5000,
    ],
    [
      'fixed and behind: at once, until it has caught up',
      { interval_ms: 1000, schedule: 'fixed' },
      { height: 5, previous: 60_000, now: 60_010 },
      60_010,
    ],
    ['ten minutes, paced', { interval_ms: 10 * minutes, schedule: 'paced' }, { height: 1, previous: 0, now: 5 }, 10 * minutes],
    [
      'ten minutes, fixed',
      { interval_ms: 10 * minutes, schedule: 'fixed' },
      { height: 144, previous: 143 * 10 * minutes, now: 143 * 10 * minutes + 5 },
      144 * 10 * minutes,
    ],
  ] as const)('%s', (_, parameters, { height, previous, now }, expected) => {
    const start = startTime({ parameters, genesisTime, height, previousTime: genesisTime + previous, now: genesisTime + now })
    expect(start - genesisTime).toBe(expected)
  })
})
