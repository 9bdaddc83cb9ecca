/** Traces of Malachite's Quint specification of Tendermint, replayed step by step against the tally and the core. */
import { describe, expect, test } from 'vitest'
import { haveTraces, type Trace, traces } from '../../test/consensus/itf.ts'
import {
  type Committee,
  chainId,
  committee,
  equals,
  genesisTime,
  parameters,
  signProposal,
  signVote,
  testBlock,
} from '../../test/consensus/validators.ts'
import { precommit, prevote, type VoteKind } from '../chain/vote.ts'
import type { Hash } from '../crypto/hash.ts'
import { initialPriorities } from './proposer.ts'
import type { Effect } from './tendermint/effect.ts'
import { createTendermint } from './tendermint/tendermint.ts'
import { createVoteTally, type VoteTally, valueKey } from './vote-tally.ts'

type Tagged<T extends string = string, V = unknown> = { readonly tag: T; readonly value: V }
interface TraceVote {
  readonly round: number
  readonly srcAddress: string
  readonly valueId: Tagged
  readonly voteType: Tagged<'Prevote' | 'Precommit'>
}
interface TraceVotes {
  readonly valuesWeights: readonly [Tagged, number][]
  readonly votesAddresses: readonly string[]
}
interface Bookkeeper {
  readonly rounds: readonly [number, { readonly prevotes: TraceVotes; readonly precommits: TraceVotes }][]
  readonly validatorSet: readonly [string, number][]
}

const height = 1

/** The traces' validators take seats in the order in which they are named. */
function seats(names: readonly string[], of: Committee) {
  const block = (value: Tagged): Hash | undefined =>
    value.tag === 'Nil' ? undefined : testBlock(of, { salt: String(value.value) }).hash
  const vote = ({ round, srcAddress, valueId, voteType }: TraceVote) =>
    signVote(of, names.indexOf(srcAddress), { kind: kindOf(voteType), height, round, blockHash: block(valueId) })
  return { block, vote }
}

function kindOf(type: Tagged): VoteKind {
  return type.tag === 'Prevote' ? prevote : precommit
}

function expectSameBooks(tally: VoteTally, books: Bookkeeper, block: (value: Tagged) => Hash | undefined): void {
  for (const [round, { prevotes, precommits }] of books.rounds) {
    for (const [kind, expected] of [
      [prevote, prevotes],
      [precommit, precommits],
    ] as const) {
      const set = tally.votes(kind, round)
      const weights = expected.valuesWeights.map(([value, weight]) => [valueKey(block(value)), BigInt(weight)] as const)
      expect(new Map(set.powers)).toEqual(new Map(weights))
      expect(set.votes.size).toBe(expected.votesAddresses.length)
    }
  }
}

describe.skipIf(!haveTraces)('vote keeper traces (skipped where ../shared/vectors is absent)', () => {
  test.each(traces('votekeeperTest').map((trace) => [trace.name, trace] as const))('%s', (_, { states }) => {
    const { validatorSet } = (states[0] as Trace['states'][number])['bookkeeper'] as Bookkeeper
    const of = committee(validatorSet.map(([, weight]) => BigInt(weight)))
    const names = validatorSet.map(([name]) => name)
    const tally = createVoteTally(of.set)
    const { block, vote } = seats(names, of)
    let before = outcomes(tally, 0)
    for (const [index, state] of states.slice(1).entries()) {
      const { value } = state['weightedVote'] as Tagged<'WV', [TraceVote, number, number]>
      const [content, , currentRound] = value
      tally.addVote(vote(content), currentRound)
      expectSameBooks(tally, state['bookkeeper'] as Bookkeeper, block)
      const after = outcomes(tally, currentRound)
      const emitted = nameOf(state['lastEmitted'] as Tagged, block)
      const repeated = index > 0 && JSON.stringify(states[index]) === JSON.stringify(state)
      const fresh = [...after].filter((outcome) => !before.has(outcome))
      if (emitted === undefined) expect(fresh).toEqual([])
      else if (repeated) expect(after).toContain(emitted)
      else expect(fresh).toContain(emitted)
      before = after
    }
  })
})

/** Everything the tally has to say, in one form with the traces' outputs. */
function outcomes(tally: VoteTally, currentRound: number): ReadonlySet<string> {
  const found = new Set<string>()
  for (const round of [0, 1, 2, 3]) {
    for (const [kind, name] of [
      [prevote, 'Polka'],
      [precommit, 'Precommit'],
    ] as const) {
      if (tally.hasAnyQuorum(kind, round)) found.add(`${name}Any ${round}`)
      const quorum = tally.quorum(kind, round)
      if (quorum) found.add(quorum.blockHash ? `${name}Value ${round} ${valueKey(quorum.blockHash)}` : `${name}Nil ${round}`)
    }
  }
  const skip = tally.skipTarget(currentRound)
  if (skip !== undefined) found.add(`Skip ${skip}`)
  return found
}

function nameOf({ tag, value }: Tagged, block: (value: Tagged) => Hash | undefined): string | undefined {
  if (tag === 'NoVKOutput') return undefined
  const kind = tag.replace('VKOutput', '')
  if (!Array.isArray(value)) return `${kind} ${value}`
  return `${kind} ${value[0]} ${valueKey(block({ tag: 'Val', value: value[1] }))}`
}

interface TraceState {
  readonly round: number
  readonly step: Tagged
  readonly lockedRound: number
  readonly validRound: number
}

/** The core as validator `self` of four equals, and what it was last asked to do, named as the traces name it. */
function coreOf(self: number) {
  const of = equals(4)
  const core = createTendermint(parameters, chainId)
  let asked: readonly Effect[] = []
  const give = (...inputs: readonly Parameters<typeof core.handle>[0][]) => {
    asked = inputs.flatMap((input) => core.handle(input, genesisTime + 1))
  }
  const vote = (validator: number, kind: VoteKind, round: number, blockHash: Hash | undefined) =>
    ({
      type: validator === self ? 'vote-signed' : 'vote',
      vote: signVote(of, validator, { kind, height, round, blockHash }),
    }) as const
  return {
    of,
    core,
    give,
    vote,
    start: () =>
      give({
        type: 'start-height',
        height,
        validators: of.set,
        priorities: initialPriorities(of.set),
        self,
        startAt: genesisTime,
        awaitTransactions: false,
        previousTime: genesisTime,
      }),
    timer: (kind: 'propose' | 'prevote' | 'precommit', round: number) =>
      give({ type: 'timer-fired', timer: { kind, height, round } }),
    outputs: () => asked.flatMap(describeEffect),
    state: (): TraceState => ({
      round: core.round,
      step: { tag: `${core.step.charAt(0).toUpperCase()}${core.step.slice(1)}Step`, value: [] },
      lockedRound: core.lockedRound ?? -1,
      validRound: core.roundState().validRound ?? -1,
    }),
  }
}

function describeEffect(effect: Effect): string[] {
  switch (effect.type) {
    case 'set-timer':
      return [`timeout ${effect.timer.kind} ${effect.timer.round}`]
    case 'build-block':
      return [`get value ${effect.round}`]
    case 'sign-proposal':
      return [`propose ${effect.proposal.round} ${valueKey(effect.proposal.blockHash)}`]
    case 'sign-vote':
      return [`vote ${effect.vote.kind} ${effect.vote.round} ${valueKey(effect.vote.blockHash)}`]
    default:
      return []
  }
}

function describeOutput({ tag, value }: Tagged, block: (value: Tagged) => Hash | undefined): string[] {
  const timeout = (round: number, kind: Tagged) => `timeout ${kind.tag.replace('Timeout', '').toLowerCase()} ${round}`
  switch (tag) {
    case 'TimeoutOutput': {
      const [round, kind] = value as [number, Tagged]
      return [timeout(round, kind)]
    }
    case 'GetValueAndScheduleTimeoutOutput': {
      const [, round, kind] = value as [number, number, Tagged]
      return [timeout(round, kind), `get value ${round}`]
    }
    case 'ProposalOutput': {
      const { round, proposal } = value as { round: number; proposal: string }
      return [`propose ${round} ${valueKey(block({ tag: 'Val', value: proposal }))}`]
    }
    case 'VoteOutput': {
      const { round, valueId, voteType } = value as TraceVote
      return [`vote ${kindOf(voteType)} ${round} ${valueKey(block(valueId))}`]
    }
    case 'NoConsensusOutput':
      return []
    default:
      throw new Error(`an output that no trace has: ${tag}`)
  }
}

function expectSameState(ours: TraceState, { round, step, lockedRound, validRound }: TraceState): void {
  expect(ours).toEqual({ round, step, lockedRound, validRound })
}

describe.skipIf(!haveTraces)('consensus traces (skipped where ../shared/vectors is absent)', () => {
  test.each(traces('consensusTest').map((trace) => [trace.name, trace] as const))('%s', (_, { states }) => {
    // v1 proposes in round 0, so it takes the first seat of four equals.
    const self = coreOf(0)
    const { of, core, give, vote } = self
    const proposed = (salt: string, proposer: number) => testBlock(of, { salt, proposer, time: genesisTime + 1 })
    const block = (value: Tagged) => (value.tag === 'Nil' ? undefined : proposed(String(value.value), 0).hash)
    const other = proposed('other', 1).hash

    const actions: Readonly<Record<string, (value: never) => void>> = {
      NewRoundProposerCInput: () => self.start(),
      ProposeValueCInput: (salt: string) => give({ type: 'block-built', round: core.round, block: proposed(salt, 0).block }),
      ProposalCInput([round, value]: [number, Tagged]) {
        const blockHash = block(value) as Hash
        const proposal = { height, round, validRound: undefined, blockHash }
        give(
          { type: 'proposal-signed', proposal: signProposal(of, 0, proposal, proposed(String(value.value), 0).block) },
          { type: 'block-checked', blockHash, valid: true },
        )
      },
      // Own vote, and two that disagree: more than two thirds for whatever value.
      PolkaAnyCInput: () =>
        give(
          vote(0, prevote, core.round, block({ tag: 'Val', value: 'nextBlock' })),
          vote(1, prevote, core.round, undefined),
          vote(2, prevote, core.round, other),
        ),
      PolkaNilCInput: () => give(...[0, 1, 2].map((seat) => vote(seat, prevote, core.round, undefined))),
      PrecommitAnyCInput: () =>
        give(
          vote(0, precommit, core.round, undefined),
          vote(1, precommit, core.round, undefined),
          vote(2, precommit, core.round, other),
        ),
      TimeoutProposeCInput: () => self.timer('propose', core.round),
      TimeoutPrevoteCInput: () => self.timer('prevote', core.round),
      TimeoutPrecommitCInput: () => self.timer('precommit', core.round),
      NewRoundCInput: () => {
        // The reference leaves a round in one step and begins the next in another; ours is there already.
      },
      ProposalInvalidCInput() {
        const { block: bad, hash } = proposed('bad', core.round)
        const proposal = { height, round: core.round, validRound: undefined, blockHash: hash }
        give(
          { type: 'proposal', proposal: signProposal(of, core.round, proposal, bad) },
          { type: 'block-checked', blockHash: hash, valid: false },
        )
      },
    }

    let seen = JSON.stringify(states[0])
    for (const state of states) {
      if (JSON.stringify(state) === seen) continue
      seen = JSON.stringify(state)
      const { tag, value } = state['input'] as Tagged
      const expected = state['state'] as TraceState
      const output = state['output'] as Tagged
      actions[tag]?.(value as never)
      if (output.tag === 'SkipRoundOutput') {
        expect(core.round).toBe(output.value)
        continue
      }
      expect(self.outputs()).toEqual(describeOutput(output, block))
      expectSameState(self.state(), expected)
    }
  })
})

interface DriverHistory {
  readonly validator: string
  readonly input: Tagged
  readonly output: Tagged
}

describe.skipIf(!haveTraces)('line 32 trace (skipped where ../shared/vectors is absent)', () => {
  test.each(traces('line32Test').map((trace) => [trace.name, trace] as const))('%s', (_, { states }) => {
    // v3 proposes in round 1, v4 is the validator under test.
    const names = ['v1', 'v3', 'v2', 'v4']
    const self = coreOf(3)
    const { of, core, give } = self
    const { block, vote } = seats(names, of)
    const { block: invalid, hash } = testBlock(of, { salt: 'invalid' })
    const tally = createVoteTally(of.set)
    let seen = ''
    let ahead = false

    for (const state of states.slice(1)) {
      const part = <T>(name: string) => state[`line32Test::N4F3::${name}`] as T
      const history = part<DriverHistory>('_hist')
      const [, { es }] = part<[string, { es: { bk: Bookkeeper; cs: TraceState } }][]>('system')[0] as [
        string,
        { es: { bk: Bookkeeper; cs: TraceState } },
      ]
      const { tag, value } = history.input
      const repeated = JSON.stringify(history) === seen
      seen = JSON.stringify(history)
      if (!repeated) act(tag, value)
      expectSameBooks(tally, es.bk, block)
      const expected = describeOutput(history.output, block)
      if (core.round > es.cs.round) {
        // A quorum of nil precommits ends our round at once, where the reference waits for its timer.
        expect(expected).toEqual(ahead ? [] : ['timeout precommit 0'])
        ahead = true
        continue
      }
      if (ahead && tag === 'TimeoutDInput') expect(expected).toEqual(['timeout propose 1'])
      else if (!repeated) expect(self.outputs()).toEqual(expected)
      expectSameState(self.state(), es.cs)
    }
    expect(ahead).toBe(true)
    expect(core.step).toBe('prevote')

    function act(tag: string, value: unknown): void {
      if (tag === 'StartDInput') return self.start()
      if (tag === 'TimeoutDInput') {
        const kind = (value as Tagged).tag.replace('Timeout', '').toLowerCase()
        return self.timer(kind as 'propose', kind === 'precommit' ? 0 : core.round)
      }
      if (tag === 'VoteDInput') {
        const signed = vote(value as TraceVote)
        tally.addVote(signed, core.round)
        return give({ type: signed.validator === 3 ? 'vote-signed' : 'vote', vote: signed })
      }
      if (tag === 'ProposalDInput') {
        const { round, validRound } = value as { round: number; validRound: number }
        const proposal = { height, round, validRound, blockHash: hash }
        return give(
          { type: 'proposal', proposal: signProposal(of, 1, proposal, invalid) },
          { type: 'block-checked', blockHash: hash, valid: false },
        )
      }
      give()
    }
  })
})
