/**
 * The algorithm's lines, one by one. Four validators of equal stake; validator r mod 4 proposes in round r; the core is validator 3
 * and watched through its words: what it asks to be signed, checked, built, timed or decided.
 */
import { describe, expect, test } from 'vitest'
import { type OneCore, oneCore } from '../../../test/consensus/one-core.ts'

function started(options: Parameters<typeof oneCore>[0] = {}): OneCore {
  const one = oneCore(options)
  one.start()
  one.asked()
  return one
}

/** Locked on A in round 0, then in round 1 by timeouts. */
function lockedOnA(): OneCore {
  const one = started()
  one.proposal(0, 'A')
  one.checked('A')
  one.prevotes(0, 'A', 0, 1, 3)
  one.precommits(0, 'nil', 0)
  one.precommits(0, 'A', 1, 3)
  one.timer('precommit')
  expect(one.core.round).toBe(1)
  expect(one.core.lockedRound).toBe(0)
  one.asked()
  return one
}

describe('beginning a round (L11–L21)', () => {
  test('whoever does not propose waits for the proposal', () => {
    const one = oneCore()
    one.start()
    expect(one.asked()).toEqual(['timer propose 0 in 1500'])
  })

  test('L18: the proposer asks for a block, and proposes it', () => {
    const one = oneCore({ self: 0 })
    one.start()
    expect(one.asked()).toEqual(['timer propose 0 in 1500', 'build 0'])
    one.built(0, 'A')
    expect(one.asked()).toEqual(['propose 0 A'])
    one.built(0, 'B')
    expect(one.asked()).toEqual([])
  })

  test('L16: a proposer who knows a valid block proposes that, with its round', () => {
    const one = started({ self: 1 })
    one.proposal(0, 'A')
    one.checked('A')
    one.prevotes(0, 'A', 0, 1, 2)
    one.precommits(0, 'nil', 0, 2)
    one.precommits(0, 'A', 1)
    one.asked()
    one.timer('precommit')
    expect(one.asked()).toEqual(['timer propose 1 in 2000', 'propose 1 A valid 0'])
  })

  test('a block that is built after its round is not proposed', () => {
    const one = started({ self: 0 })
    one.precommits(0, 'nil', 1, 2, 3)
    expect(one.core.round).toBe(1)
    one.asked()
    one.built(0, 'A')
    expect(one.asked()).toEqual([])
  })

  test('timeouts grow with the round up to their bound', () => {
    const one = started({ parameters: { timeout_max_ms: 1800 } })
    one.precommits(0, 'nil', 0, 1, 2)
    expect(one.asked()).toContain('timer propose 1 in 1800')
  })
})

describe('prevoting a fresh proposal (L22–L27)', () => {
  test('L23: a valid block gets the prevote, once it is checked', () => {
    const one = started()
    one.proposal(0, 'A')
    expect(one.asked()).toEqual(['check A'])
    one.checked('A')
    expect(one.asked()).toEqual(['prevote 0 A'])
    expect(one.core.step).toBe('prevote')
  })

  test('L26: an invalid one gets nil', () => {
    const one = started()
    one.proposal(0, 'A')
    one.checked('A', false)
    expect(one.asked()).toEqual(['check A', 'prevote 0 nil'])
  })

  test('L23: a locked node refuses another fresh block, and takes its own', () => {
    const other = lockedOnA()
    other.proposal(1, 'B')
    expect(other.asked()).toEqual(['prevote 1 nil'])
    const same = lockedOnA()
    same.proposal(1, 'A', { validRound: 0 })
    expect(same.asked()).toEqual(['prevote 1 A'])
  })

  test.each([
    ['too far in the future', { time: 502 }, 'prevote 0 nil'],
    ['as far in the future as clocks may stand apart', { time: 501 }, 'check A'],
    ['not later than the block before', { time: 0 }, 'prevote 0 nil'],
    ['first built by somebody else', { time: 1, builtBy: 2 }, 'prevote 0 nil'],
  ])('a block %s', (_, { time, ...rest }, answer) => {
    const one = started()
    const genesis = 1_700_000_000_000
    one.proposal(0, 'A', { ...rest, time: genesis + time })
    expect(one.asked()).toEqual([answer])
  })

  test.each([
    [0, 2501, 'check A'],
    [0, 2502, 'prevote 0 nil'],
    [1, 2751, 'check A'],
    [1, 2752, 'prevote 1 nil'],
  ])('in round %i, received %i ms after genesis: the bound grows with the round', (round, now, answer) => {
    const one = started()
    if (round === 1) one.precommits(0, 'nil', 0, 1, 2)
    one.asked()
    one.now = now
    one.proposal(round, 'A')
    expect(one.asked()).toEqual([answer])
  })

  test('the second proposal of a round is not the round’s', () => {
    const one = started()
    one.proposal(0, 'A')
    one.proposal(0, 'B')
    one.checked('A')
    expect(one.asked()).toEqual(['check A', 'prevote 0 A'])
  })
})

describe('prevoting a re-proposal (L28–L33)', () => {
  function inRoundTwo(): OneCore {
    const one = started()
    one.precommits(0, 'nil', 0, 1, 2)
    one.precommits(1, 'nil', 0, 1, 2)
    expect(one.core.round).toBe(2)
    one.asked()
    return one
  }

  test('L28: it waits for the polka it names', () => {
    const one = inRoundTwo()
    one.proposal(2, 'A', { validRound: 0, builtBy: 0 })
    one.checked('A')
    expect(one.asked()).toEqual(['check A'])
    expect(one.core.roundState().missingPolka).toBe(0)
    one.certify('prevote', 0, 'A', 0, 1, 2)
    expect(one.asked()).toEqual(['prevote 2 A'])
  })

  test('neither its time nor its first proposer is judged again', () => {
    const one = inRoundTwo()
    one.certify('prevote', 0, 'A', 0, 1, 2)
    one.now = 600_000
    one.proposal(2, 'A', { validRound: 0, builtBy: 0 })
    one.checked('A')
    expect(one.asked()).toEqual(['check A', 'prevote 2 A'])
  })

  test('L32: an invalid block gets nil, whatever its polka', () => {
    const one = inRoundTwo()
    one.certify('prevote', 0, 'A', 0, 1, 2)
    one.proposal(2, 'A', { validRound: 0, builtBy: 0 })
    one.checked('A', false)
    expect(one.asked()).toEqual(['check A', 'prevote 2 nil'])
  })

  test('L29: a polka no older than the lock frees the node to prevote another block', () => {
    const one = lockedOnA()
    one.precommits(1, 'nil', 0, 1, 2)
    one.certify('prevote', 1, 'B', 0, 1, 2)
    one.asked()
    one.proposal(2, 'B', { validRound: 1, builtBy: 1 })
    one.checked('B')
    expect(one.asked()).toEqual(['check B', 'prevote 2 B'])
  })

  test('L29: an older one does not', () => {
    const one = started()
    one.precommits(0, 'nil', 0, 1, 2)
    one.proposal(1, 'B')
    one.checked('B')
    one.prevotes(1, 'B', 0, 1, 3)
    one.precommits(1, 'nil', 0, 1, 2)
    expect(one.core.lockedRound).toBe(1)
    one.certify('prevote', 0, 'A', 0, 1, 2)
    one.asked()
    one.proposal(2, 'A', { validRound: 0, builtBy: 0 })
    expect(one.asked()).toEqual(['check A', 'prevote 2 nil'])
  })
})

describe('waiting and timing out (L34–L35, L47–L48, L57–L67)', () => {
  test('L57: no proposal in time: prevote nil', () => {
    const one = started()
    one.timer('propose')
    expect(one.asked()).toEqual(['prevote 0 nil'])
    one.timer('propose')
    expect(one.asked()).toEqual([])
  })

  test('L34: two thirds of mixed prevotes start the timer, once; L61: then precommit nil', () => {
    const one = started()
    one.timer('propose')
    one.asked()
    one.prevotes(0, 'nil', 3)
    one.prevotes(0, 'A', 0)
    expect(one.asked()).toEqual([])
    one.prevotes(0, 'B', 1)
    one.prevotes(0, 'B', 2)
    expect(one.asked()).toEqual(['timer prevote 0 in 500'])
    one.timer('prevote')
    expect(one.asked()).toEqual(['precommit 0 nil'])
  })

  test('L47: two thirds of mixed precommits start the timer in any step; L65: then the next round begins', () => {
    const one = started()
    one.precommits(0, 'nil', 0, 1)
    one.precommits(0, 'A', 2)
    expect(one.asked()).toEqual(['timer precommit 0 in 500'])
    one.timer('precommit')
    expect(one.asked()).toEqual(['timer propose 1 in 2000'])
    expect(one.core.round).toBe(1)
  })

  test('beyond the paper: two thirds of nil precommits need no timer', () => {
    const one = started()
    one.precommits(0, 'nil', 0, 1, 2)
    expect(one.asked()).toEqual(['timer propose 1 in 2000'])
  })

  test('a timer of a round that is over does nothing', () => {
    const one = started()
    one.precommits(0, 'nil', 0, 1, 2)
    one.asked()
    for (const kind of ['propose', 'prevote', 'precommit'] as const) one.timer(kind, 0)
    expect(one.asked()).toEqual([])
  })
})

describe('polkas (L36–L46)', () => {
  test('L37–L43: the first polka for a valid block locks it and gets the precommit', () => {
    const one = started()
    one.proposal(0, 'A')
    one.checked('A')
    one.asked()
    one.prevotes(0, 'A', 0, 1)
    expect(one.asked()).toEqual([])
    one.prevotes(0, 'A', 3)
    expect(one.asked()).toEqual(['precommit 0 A'])
    expect(one.core.lockedRound).toBe(0)
    expect(one.core.roundState().validRound).toBe(0)
  })

  test('exactly two thirds are no quorum', () => {
    const one = started({ powers: [1n, 1n, 1n], self: 2 })
    one.proposal(0, 'A', { by: 0 })
    one.checked('A')
    one.prevotes(0, 'A', 0, 2)
    expect(one.core.step).toBe('prevote')
    one.prevotes(0, 'A', 1)
    expect(one.core.step).toBe('precommit')
  })

  test('L36: after a nil prevote for a late block, its polka still locks', () => {
    const one = started()
    one.timer('propose')
    one.proposal(0, 'A')
    one.prevotes(0, 'A', 0, 1, 2)
    expect(one.asked()).toEqual(['prevote 0 nil', 'check A', 'timer prevote 0 in 500'])
    one.checked('A')
    expect(one.asked()).toEqual(['precommit 0 A'])
  })

  test('L42: after precommitting, a polka makes its block valid and locks nothing', () => {
    const one = started()
    one.proposal(0, 'A')
    one.checked('A')
    one.prevotes(0, 'nil', 0)
    one.prevotes(0, 'A', 1, 3)
    one.timer('prevote')
    one.prevotes(0, 'A', 2)
    expect(one.asked().at(-1)).toBe('precommit 0 nil')
    expect(one.core.lockedRound).toBeUndefined()
    expect(one.core.roundState().validRound).toBe(0)
  })

  test('a polka of an earlier round, learnt late, makes its block valid and locks nothing', () => {
    const one = started()
    one.proposal(0, 'A')
    one.checked('A')
    one.precommits(0, 'nil', 0, 1, 2)
    one.timer('propose', 1)
    one.certify('prevote', 0, 'A', 0, 1, 2)
    expect(one.core.roundState().validRound).toBe(0)
    expect(one.core.lockedRound).toBeUndefined()
  })

  test('L44: a polka for nil gets a nil precommit at once', () => {
    const one = started()
    one.timer('propose')
    one.asked()
    one.prevotes(0, 'nil', 0, 1, 2)
    expect(one.asked()).toEqual(['precommit 0 nil'])
  })
})

describe('deciding (L49–L54)', () => {
  test('a quorum of precommits for a checked block is final, with every precommit seen in its commit', () => {
    const one = started()
    one.proposal(0, 'A')
    one.checked('A')
    one.asked()
    one.precommits(0, 'A', 0, 1, 2)
    expect(one.asked()).toEqual(['decide A at 0'])
    expect(one.core.step).toBe('decided')
    one.precommits(0, 'A', 3)
    expect(one.asked()).toEqual([])
  })

  test('the block may come after the quorum, and from any round’s proposal', () => {
    const one = started()
    one.certify('precommit', 2, 'A', 0, 1, 2)
    expect(one.core.round).toBe(2)
    expect(one.core.decidedBlockHash).toEqual(one.hash('A'))
    expect(one.core.roundState().missingBlock).toEqual(one.hash('A'))
    one.asked()
    one.proposal(0, 'A')
    expect(one.asked()).toEqual(['check A'])
    one.checked('A')
    expect(one.asked()).toEqual(['decide A at 2'])
  })

  test('a quorum of an earlier round decides too', () => {
    const one = lockedOnA()
    one.precommits(0, 'A', 2)
    expect(one.asked()).toEqual(['decide A at 0'])
  })

  test('what a deceived node saw first does not keep it from the block that others decided', () => {
    const one = started()
    one.proposal(0, 'A')
    one.certify('precommit', 0, 'B', 0, 1, 2)
    one.proposal(0, 'B', { builtBy: 0 })
    one.checked('B')
    expect(one.asked().at(-1)).toBe('decide B at 0')
  })

  test('never a block that is invalid here', () => {
    const one = started()
    one.proposal(0, 'A')
    one.checked('A', false)
    one.precommits(0, 'A', 0, 1, 2)
    expect(one.core.step).not.toBe('decided')
    expect(one.core.decidedBlockHash).toEqual(one.hash('A'))
  })
})

describe('skipping (L55–L56)', () => {
  test('more than a third in a higher round pull the node there', () => {
    const one = started()
    one.prevotes(5, 'nil', 0)
    expect(one.core.round).toBe(0)
    one.precommits(5, 'A', 1)
    expect(one.core.round).toBe(5)
    expect(one.asked()).toEqual(['timer propose 5 in 4000'])
  })

  test('two votes of one validator are one voice', () => {
    const one = started()
    one.prevotes(5, 'nil', 0)
    one.precommits(5, 'nil', 0)
    expect(one.core.round).toBe(0)
  })

  test('however far ahead, though nothing of so far ahead is kept', () => {
    const one = started()
    one.prevotes(900_000, 'nil', 0)
    one.prevotes(800_000, 'nil', 1)
    expect(one.core.round).toBe(800_000)
    expect(one.core.roundState().prevotes).toEqual(Uint8Array.of(0))
  })

  test('a certificate counts as its signers', () => {
    const one = started()
    one.certify('prevote', 7, 'nil', 0, 1, 2)
    expect(one.core.round).toBe(7)
  })
})

describe('beginning a height', () => {
  const genesis = 1_700_000_000_000

  test('not before its time', () => {
    const one = oneCore()
    one.start({ startAt: genesis + 1000 })
    expect(one.asked()).toEqual(['timer start 0 in 999'])
    one.timer('start')
    expect(one.asked()).toEqual(['timer propose 0 in 1500'])
  })

  test('a chain without empty blocks also waits for a transaction', () => {
    const one = oneCore()
    one.start({ startAt: genesis + 1000, awaitTransactions: true })
    one.timer('start')
    expect(one.asked()).toEqual(['timer start 0 in 999'])
    one.give({ type: 'transactions-available' })
    expect(one.asked()).toEqual(['timer propose 0 in 1500'])
  })

  test('earlier, when the proposer has begun by a clock that is ahead', () => {
    const one = oneCore()
    one.start({ startAt: genesis + 1000, awaitTransactions: true })
    one.now = 800
    one.asked()
    one.proposal(0, 'A', { time: genesis + 1000 })
    expect(one.asked()).toEqual(['timer propose 0 in 1500', 'check A'])
  })

  test('a proposer who hurries is not followed before the time', () => {
    const one = oneCore()
    one.start({ startAt: genesis + 1000 })
    one.asked()
    one.proposal(0, 'A', { time: genesis + 1 })
    expect(one.core.step).toBe('new-height')
    one.timer('start')
    expect(one.asked()).toEqual(['timer propose 0 in 1500', 'check A'])
  })

  test('nor one whose block is of the future', () => {
    const one = oneCore()
    one.start({ startAt: genesis + 1000 })
    one.asked()
    one.proposal(0, 'A', { time: genesis + 60_000 })
    expect(one.core.step).toBe('new-height')
    one.timer('start')
    expect(one.asked()).toEqual(['timer propose 0 in 1500', 'prevote 0 nil'])
  })

  test('earlier, when more than a third have begun', () => {
    const one = oneCore()
    one.start({ startAt: genesis + 1000 })
    one.asked()
    one.prevotes(0, 'nil', 0, 1)
    expect(one.asked()).toEqual(['timer propose 0 in 1500'])
  })
})

describe('those who watch, and those who lie', () => {
  test('a node without a seat follows to the decision and signs nothing', () => {
    const one = oneCore({ self: undefined })
    one.start()
    one.proposal(0, 'A')
    one.checked('A')
    one.prevotes(0, 'A', 0, 1, 2, 3)
    one.precommits(0, 'A', 0, 1, 2)
    expect(one.asked()).toEqual(['timer propose 0 in 1500', 'check A', 'decide A at 0'])
  })

  test('two different votes of one kind are evidence, once; the second does not count', () => {
    const one = started()
    one.prevotes(0, 'A', 0)
    one.prevotes(0, 'B', 0)
    expect(one.asked()).toEqual(['accuse'])
    one.prevotes(0, 'nil', 0)
    one.prevotes(0, 'A', 0)
    expect(one.asked()).toEqual([])
  })

  test('nothing of another height changes anything', () => {
    const one = started()
    const effects = one.give({ type: 'timer-fired', timer: { kind: 'propose', height: 2, round: 0 } })
    expect(effects).toEqual([])
  })
})
