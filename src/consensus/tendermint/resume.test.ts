import { describe, expect, test } from 'vitest'
import { type OneCore, oneCore } from '../../../test/consensus/one-core.ts'

const genesis = 1_700_000_000_000

/** Each case: what happened before the crash, and what is asked for after the replay. */
const cases: readonly (readonly [name: string, self: number, before: (one: OneCore) => void, after: readonly string[]])[] = [
  ['a height that is not due waits anew', 3, (one) => one.start({ startAt: genesis + 500 }), ['timer start 0 in 400']],
  ['a proposer without a block asks for one', 0, (one) => one.start(), ['timer propose 0 in 1500', 'build 0']],
  [
    'a proposer with a block asks for its signature, and builds no other',
    0,
    (one) => {
      one.start()
      one.built(0, 'A')
    },
    ['timer propose 0 in 1500', 'propose 0 A'],
  ],
  [
    'a block that is being checked is checked again',
    3,
    (one) => {
      one.start()
      one.proposal(0, 'A')
    },
    ['timer propose 0 in 1500', 'check A'],
  ],
  [
    'a vote that was asked for is asked for again, the same',
    3,
    (one) => {
      one.start()
      one.proposal(0, 'A')
      one.checked('A')
    },
    ['prevote 0 A'],
  ],
  [
    'a vote that was signed is not',
    3,
    (one) => {
      one.start()
      one.timer('propose')
      one.prevotes(0, 'nil', 3)
    },
    [],
  ],
  [
    'timers of the round run again',
    3,
    (one) => {
      one.start()
      one.timer('propose')
      one.prevotes(0, 'nil', 3, 0)
      one.prevotes(0, 'A', 1)
      one.precommits(0, 'nil', 0, 1)
      one.precommits(0, 'A', 2)
    },
    ['timer prevote 0 in 500', 'timer precommit 0 in 500'],
  ],
  [
    'what an earlier round asked for is forgotten',
    3,
    (one) => {
      one.start()
      one.timer('propose')
      one.precommits(0, 'nil', 0, 1, 2)
    },
    ['timer propose 1 in 2000'],
  ],
  [
    'a decision is carried out again',
    3,
    (one) => {
      one.start()
      one.proposal(0, 'A')
      one.checked('A')
      one.precommits(0, 'A', 0, 1, 2)
    },
    ['decide A at 0'],
  ],
]

describe('after a replay', () => {
  test.each(cases)('%s', (_, self, before, after) => {
    const one = oneCore({ self })
    before(one)
    const again = oneCore({ self })
    for (const { input, at } of one.log) {
      again.now = at - genesis
      again.give(input)
    }
    expect(one.describe(again.core.resume(genesis + 100))).toEqual(after)
  })

  test('own messages of the round are sent again', () => {
    const one = oneCore()
    one.start()
    one.timer('propose')
    one.prevotes(0, 'nil', 3)
    expect(one.core.resume(genesis + 100).map((effect) => effect.type)).toEqual(['broadcast'])
  })
})
