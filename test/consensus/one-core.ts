/** One core under a microscope: inputs by name, and what it asks for in words. Blocks are named A, B, …; validators by index. */
import type { ConsensusParameters } from '../../src/chain/chain-spec.ts'
import { precommit, prevote, type VoteKind } from '../../src/chain/vote.ts'
import { initialPriorities } from '../../src/consensus/proposer.ts'
import type { Effect } from '../../src/consensus/tendermint/effect.ts'
import type { Input, StartHeight } from '../../src/consensus/tendermint/input.ts'
import { createTendermint, type Tendermint } from '../../src/consensus/tendermint/tendermint.ts'
import type { Hash } from '../../src/crypto/hash.ts'
import { toHex } from '../../src/primitives/bytes.ts'
import {
  certificate,
  chainId,
  committee,
  parameters as defaults,
  genesisTime,
  signProposal,
  signVote,
  testBlock,
} from './validators.ts'

export interface OneCore {
  readonly core: Tendermint
  /** What the inputs since the last look asked for, in words; reading forgets it. */
  asked(): readonly string[]
  /** Persisted so far. */
  readonly log: readonly { readonly input: Input; readonly at: number }[]
  /** The core's clock, milliseconds after genesis. */
  now: number
  wait(ms: number): void
  give(input: Input): readonly Effect[]
  start(change?: Partial<StartHeight>): void
  proposal(round: number, name: string, options?: { validRound?: number; time?: number; by?: number; builtBy?: number }): void
  built(round: number, name: string): void
  checked(name: string, valid?: boolean): void
  prevotes(round: number, name: string, ...validators: readonly number[]): void
  precommits(round: number, name: string, ...validators: readonly number[]): void
  certify(kind: 'prevote' | 'precommit', round: number, name: string, ...validators: readonly number[]): void
  timer(kind: 'start' | 'propose' | 'prevote' | 'precommit', round?: number): void
  hash(name: string): Hash | undefined
  describe(effects: readonly Effect[]): readonly string[]
}

/** With four equals, the proposer of round r is validator r mod 4; `self` is 3 unless told. */
export function oneCore(
  options: { self?: number | undefined; powers?: readonly bigint[]; parameters?: Partial<ConsensusParameters> } = {},
): OneCore {
  const of = committee(options.powers ?? [1n, 1n, 1n, 1n])
  const self = 'self' in options ? options.self : 3
  const core = createTendermint({ ...defaults, ...options.parameters }, chainId)
  const log: { input: Input; at: number }[] = []
  const names = new Map<string, string>()
  const blocks = new Map<string, ReturnType<typeof testBlock>>()
  let asked: string[] = []

  function block(name: string, time = genesisTime + 1, builtBy = 0): ReturnType<typeof testBlock> {
    const known = blocks.get(name) ?? testBlock(of, { salt: name, time, proposer: builtBy })
    blocks.set(name, known)
    names.set(toHex(known.hash), name)
    return known
  }

  const hash = (name: string): Hash | undefined => (name === 'nil' ? undefined : block(name).hash)
  const nameOf = (blockHash: Hash | undefined): string => (blockHash ? (names.get(toHex(blockHash)) ?? '?') : 'nil')

  function describe(effects: readonly Effect[]): string[] {
    return effects.flatMap((effect) => {
      switch (effect.type) {
        case 'set-timer':
          return [`timer ${effect.timer.kind} ${effect.timer.round} in ${effect.delayMs}`]
        case 'build-block':
          return [`build ${effect.round}`]
        case 'check-block':
          return [`check ${nameOf(effect.blockHash)}`]
        case 'sign-proposal': {
          const { round, validRound, blockHash } = effect.proposal
          return [`propose ${round} ${nameOf(blockHash)}${validRound === undefined ? '' : ` valid ${validRound}`}`]
        }
        case 'sign-vote':
          return [
            `${effect.vote.kind === prevote ? 'prevote' : 'precommit'} ${effect.vote.round} ${nameOf(effect.vote.blockHash)}`,
          ]
        case 'decide':
          return [`decide ${nameOf(effect.commit.blockHash)} at ${effect.commit.round}`]
        case 'accuse':
          return ['accuse']
        default:
          return []
      }
    })
  }

  const one: OneCore = {
    core,
    log,
    now: 1,
    asked() {
      const words = asked
      asked = []
      return words
    },
    wait(ms) {
      one.now += ms
    },
    give(input) {
      const effects = core.handle(input, genesisTime + one.now)
      for (const effect of effects) if (effect.type === 'persist') log.push({ input: effect.input, at: effect.at })
      asked.push(...describe(effects))
      return effects
    },
    start: (change = {}) => void one.give({ ...startOf(), ...change }),
    proposal(round, name, { validRound, time, by = round % 4, builtBy = round % 4 } = {}) {
      const { block: proposed, hash: blockHash } = block(name, time, builtBy)
      one.give({ type: 'proposal', proposal: signProposal(of, by, { height: 1, round, validRound, blockHash }, proposed) })
    },
    built: (round, name) => void one.give({ type: 'block-built', round, block: block(name, undefined, self).block }),
    checked: (name, valid = true) => void one.give({ type: 'block-checked', blockHash: block(name).hash, valid }),
    prevotes: (round, name, ...validators) => votes(prevote, round, name, validators),
    precommits: (round, name, ...validators) => votes(precommit, round, name, validators),
    certify(kind, round, name, ...validators) {
      const vote = { kind: kind === 'prevote' ? prevote : precommit, height: 1, round, blockHash: hash(name) } as const
      one.give({ type: 'certificate', certificate: certificate(of, vote, validators) })
    },
    timer: (kind, round = 0) => void one.give({ type: 'timer-fired', timer: { kind, height: 1, round } }),
    hash,
    describe,
  }

  function votes(kind: VoteKind, round: number, name: string, validators: readonly number[]): void {
    for (const validator of validators) {
      const vote = signVote(of, validator, { kind, height: 1, round, blockHash: hash(name) })
      one.give({ type: validator === self ? 'vote-signed' : 'vote', vote })
    }
  }

  function startOf(): StartHeight {
    const { set } = of
    return {
      type: 'start-height',
      height: 1,
      validators: set,
      priorities: initialPriorities(set),
      self,
      startAt: genesisTime,
      awaitTransactions: false,
      previousTime: genesisTime,
    }
  }

  return one
}
