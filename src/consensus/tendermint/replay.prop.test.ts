/** A crash after any input, and a replay of the log, leave the core as it was: same state, same requests, same answers ever after. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type OneCore, oneCore } from '../../../test/consensus/one-core.ts'
import { committee, signProposal, signVote } from '../../../test/consensus/validators.ts'
import type { Effect } from './effect.ts'
import type { Input } from './input.ts'

const of = committee([1n, 1n, 1n, 1n])
const validator = fc.nat({ max: 3 })
const round = fc.nat({ max: 3 })
const name = fc.constantFrom('A', 'B', 'nil')
const blockName = fc.constantFrom('A', 'B')
const voteKind = fc.constantFrom('prevote', 'precommit')
const timerKind = fc.constantFrom('start', 'propose', 'prevote', 'precommit')

type Move = (one: OneCore) => void
const move = <T>(values: fc.Arbitrary<T>, act: (one: OneCore, value: T) => void): fc.Arbitrary<Move> =>
  values.map((value) => (one) => act(one, value))

const moves: fc.Arbitrary<Move> = fc.oneof(
  move(fc.tuple(round, name, validator), (one, [r, n, v]) => one.prevotes(r, n, v)),
  move(fc.tuple(round, name, validator), (one, [r, n, v]) => one.precommits(r, n, v)),
  move(fc.tuple(round, blockName), (one, [r, n]) => one.proposal(r, n)),
  move(fc.tuple(round, blockName), (one, [r, n]) => one.proposal(r + 1, n, { validRound: r })),
  move(fc.tuple(blockName, fc.boolean()), (one, [n, valid]) => one.checked(n, valid)),
  move(fc.tuple(round, blockName), (one, [r, n]) => one.built(r, n)),
  move(fc.tuple(voteKind, round, name), (one, [k, r, n]) => one.certify(k, r, n, 0, 1, 2)),
  move(fc.tuple(timerKind, round), (one, [k, r]) => one.timer(k, r)),
  move(fc.constant(undefined), (one) => one.give({ type: 'transactions-available' })),
  move(fc.nat({ max: 2000 }), (one, ms) => one.wait(ms)),
)

function observed({ core }: OneCore) {
  const blank = {
    ...core.roundState(),
    round: 0,
    proposal: undefined,
    decided: undefined,
    prevotes: new Uint8Array(1),
    precommits: new Uint8Array(1),
  }
  const { height, round: ownRound, step, lockedRound, decidedBlockHash } = core
  return {
    height,
    ownRound,
    step,
    lockedRound,
    decidedBlockHash,
    roundState: core.roundState(),
    sends: core.missingFor(blank),
    resume: core.resume(1_700_000_000_000),
  }
}

/** The node's own signer: it answers every request, at once. */
function answer(effects: readonly Effect[], self: number): Input[] {
  return effects.flatMap((effect): Input[] => {
    if (effect.type === 'sign-vote') return [{ type: 'vote-signed', vote: signVote(of, self, effect.vote) }]
    if (effect.type !== 'sign-proposal') return []
    return [{ type: 'proposal-signed', proposal: signProposal(of, self, effect.proposal, effect.block) }]
  })
}

function replayed(one: OneCore, self: number): OneCore {
  const again = oneCore({ self })
  for (const { input, at } of one.log) {
    again.now = at - 1_700_000_000_000
    again.give(input)
  }
  again.now = one.now
  return again
}

describe('replay', () => {
  test('restores the state after any prefix, and the same answers follow', () => {
    fc.assert(
      fc.property(fc.array(moves, { maxLength: 40 }), validator, fc.boolean(), (schedule, self, waits) => {
        const one = oneCore({ self })
        one.start({ awaitTransactions: waits })
        for (const act of schedule) {
          act(one)
          const again = replayed(one, self)
          expect(observed(again)).toEqual(observed(one))
          for (const input of answer(one.core.resume(1_700_000_000_000), self)) expect(again.give(input)).toEqual(one.give(input))
        }
      }),
      { numRuns: 150 },
    )
  }, 30_000)

  test('never asks for two different signatures at one place', () => {
    fc.assert(
      fc.property(
        fc.array(moves, { maxLength: 60 }),
        fc.array(fc.boolean(), { minLength: 60 }),
        validator,
        (schedule, crashes, self) => {
          let one = oneCore({ self })
          const meanings = new Map<string, string>()
          const note = (effects: readonly Effect[]) => {
            for (const effect of effects) {
              if (effect.type !== 'sign-vote' && effect.type !== 'sign-proposal') continue
              const { round: at, blockHash } = effect.type === 'sign-vote' ? effect.vote : effect.proposal
              const place = `${effect.type} ${effect.type === 'sign-vote' ? effect.vote.kind : ''} ${at}`
              expect(meanings.get(place) ?? String(blockHash)).toBe(String(blockHash))
              meanings.set(place, String(blockHash))
            }
          }
          one.start()
          for (const [index, act] of schedule.entries()) {
            act(one)
            note(one.core.resume(1_700_000_000_000))
            if (crashes[index]) one = replayed(one, self)
            note(one.core.resume(1_700_000_000_000))
          }
        },
      ),
      { numRuns: 150 },
    )
  }, 30_000)
})
