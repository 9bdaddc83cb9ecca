/**
 * Who proposes: weighted round-robin. Each turn every validator gains its power in priority, the highest proposes and pays the
 * total power. Over any stretch of turns each validator so proposes in proportion to its stake, to within a turn or two. Pure
 * integer arithmetic; priorities are part of the authenticated state. After CometBFT (spec/consensus/proposer-selection.md).
 * Spec: docs/spec/consensus.md, proposers.
 */
import { validatorsMax } from '../chain/limits.ts'
import { indexOfValidator, type ValidatorSet } from '../chain/validator-set.ts'
import { decode, encode } from '../codec/codec.ts'
import { bytes, list, struct } from '../codec/schema.ts'
import { assert } from '../primitives/assert.ts'
import { type Bytes, fromHex, toHex } from '../primitives/bytes.ts'

/** Proposer priorities, one a validator in set order. They are part of the authenticated state. */
export type ProposerPriorities = readonly bigint[]

/** Nobody has a claim yet. */
export function initialPriorities(set: ValidatorSet): ProposerPriorities {
  return set.validators.map(() => 0n)
}

/** The index of the proposer of a round: whoever the turn of round 0 and `round` further turns arrive at. Costs a turn a round. */
export function proposerAt(set: ValidatorSet, priorities: ProposerPriorities, round: number): number {
  return run(set, priorities, round + 1).proposer
}

/** The priorities after `times` turns. */
export function advance(set: ValidatorSet, priorities: ProposerPriorities, times: number): ProposerPriorities {
  return run(set, priorities, times).priorities
}

/**
 * The next height's priorities: one turn, however many rounds the height took, then adapted to the next set. Validators who stay keep
 * theirs; newcomers begin at −1.125 of the new total, so that leaving and returning gains nobody a turn.
 */
export function nextPriorities(set: ValidatorSet, priorities: ProposerPriorities, nextSet: ValidatorSet): ProposerPriorities {
  const turned = advance(set, priorities, 1)
  const newcomer = -(nextSet.totalPower + nextSet.totalPower / 8n)
  const kept = nextSet.validators.map(({ consensusKey }) => {
    const index = indexOfValidator(set, consensusKey)
    return index === undefined ? newcomer : (turned[index] as bigint)
  })
  return centred(scaled(kept, nextSet.totalPower))
}

function run(
  set: ValidatorSet,
  priorities: ProposerPriorities,
  times: number,
): { readonly priorities: ProposerPriorities; readonly proposer: number } {
  assert(priorities.length === set.validators.length, 'a priority for each validator')
  const next = [...priorities]
  let proposer = 0
  for (let turn = 0; turn < times; turn++) {
    for (const [index, { power }] of set.validators.entries()) next[index] = (next[index] as bigint) + power
    proposer = indexOfHighest(next)
    next[proposer] = (next[proposer] as bigint) - set.totalPower
  }
  return { priorities: next, proposer }
}

/** The lowest index among equals: validators stand in the order of their keys. */
function indexOfHighest(priorities: ProposerPriorities): number {
  let highest = 0
  for (const [index, priority] of priorities.entries()) if (priority > (priorities[highest] as bigint)) highest = index
  return highest
}

/** Divides all when the highest and the lowest stand more than two totals apart: a great change of power must not be paid off for ages. */
function scaled(priorities: ProposerPriorities, totalPower: bigint): ProposerPriorities {
  const bound = 2n * totalPower
  const spread = maximum(priorities) - minimum(priorities)
  if (spread <= bound) return priorities
  const ratio = (spread + bound - 1n) / bound
  return priorities.map((priority) => priority / ratio)
}

/** Shifts all so that their mean, rounded towards negative infinity, is zero. */
function centred(priorities: ProposerPriorities): ProposerPriorities {
  let sum = 0n
  for (const priority of priorities) sum += priority
  const count = BigInt(priorities.length)
  const mean = sum / count - (sum % count < 0n ? 1n : 0n)
  return priorities.map((priority) => priority - mean)
}

function maximum(values: readonly bigint[]): bigint {
  return values.reduce((highest, value) => (value > highest ? value : highest))
}

function minimum(values: readonly bigint[]): bigint {
  return values.reduce((lowest, value) => (value < lowest ? value : lowest))
}

/** Sixteen bytes each, big-endian, shifted by 2¹²⁷ so that they are never negative: totals of stake stay far below that. */
const prioritiesSchema = struct('ProposerPriorities', { priorities: list(bytes({ length: 16 }), { min: 1, max: validatorsMax }) })
const offset = 1n << 127n

export function encodePriorities(priorities: ProposerPriorities): Bytes {
  return encode(prioritiesSchema, {
    priorities: priorities.map((priority) => {
      const shifted = priority + offset
      assert(shifted >= 0n && shifted >> 128n === 0n, 'a priority beyond its 16 bytes')
      return fromHex(shifted.toString(16).padStart(32, '0')) as Bytes
    }),
  })
}

/** The priorities this node, or the state it verified, holds: bytes that do not decode are damage, and our own bug. */
export function decodePriorities(encoded: Bytes): ProposerPriorities {
  const decoded = decode(prioritiesSchema, encoded)
  assert(decoded.ok, 'stored proposer priorities do not decode')
  return decoded.value.priorities.map((priority) => BigInt(`0x${toHex(priority)}`) - offset)
}
