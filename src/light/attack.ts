/**
 * What two blocks of one height prove, both of which convince the same light client. Nobody honest signs both, but who of the signers
 * lied depends on how the blocks differ; the three kinds are those of CometBFT's accountability. Spec: docs/spec/light-client.md, "Forks".
 */
import { bitmapIndices } from '../chain/bitmap.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import { struct, uint } from '../codec/schema.ts'
import { bytesEqual, bytesKey } from '../primitives/bytes.ts'
import { type ConsistentBlock, lightBlockSchema } from './light-block.ts'
import type { TrustedBlock } from './trust.ts'

/** Everything that somebody else needs to come to the same verdict, given the trusted block of `commonHeight`. */
export const lightAttackSchema = struct('LightAttack', {
  /** Both blocks follow from the block of this height. */
  commonHeight: uint(),
  first: lightBlockSchema,
  second: lightBlockSchema,
})

/**
 * `equivocation`: signed in one round, by signers who each signed both. `lunatic`: of different validators or rules, so one of them is
 * no block of the chain at all, whoever signed it. `amnesia`: of different rounds, so that signers of both forgot what bound them in
 * the earlier round, unless a certificate released them.
 */
export type AttackKind = 'equivocation' | 'lunatic' | 'amnesia'

export interface LightAttack {
  readonly kind: AttackKind
  readonly common: TrustedBlock
  readonly first: ConsistentBlock
  readonly second: ConsistentBlock
  /** Proved by the two blocks alone. */
  readonly convicted: readonly ConsensusKey[]
  /** Signed both, or in a lunatic attack either: one of the blocks is false, and they must say why they signed it. */
  readonly suspects: readonly ConsensusKey[]
}

export function analyseAttack(common: TrustedBlock, first: ConsistentBlock, second: ConsistentBlock): LightAttack {
  const kind = kindOf(first, second)
  const one = signersOf(first)
  const other = signersOf(second)
  const both = inBoth(one, other)
  const trusted = new Set(common.next.validators.map(({ consensusKey }) => bytesKey(consensusKey)))
  const either = [...new Map([...one, ...other].map((key) => [bytesKey(key), key])).values()]
  const suspects = kind === 'lunatic' ? either.filter((key) => trusted.has(bytesKey(key)) && !includes(both, key)) : []
  return {
    kind,
    common,
    first,
    second,
    convicted: kind === 'amnesia' ? [] : both,
    suspects: kind === 'amnesia' ? both : suspects,
  }
}

/** Who decides a height and by which rules follows from the chain before it: the blocks of a real height agree on that. */
function kindOf({ header: one, commit }: ConsistentBlock, { header: other, commit: otherCommit }: ConsistentBlock): AttackKind {
  const sameRules =
    one.version === other.version &&
    bytesEqual(one.validatorsHash, other.validatorsHash) &&
    bytesEqual(one.parametersHash, other.parametersHash)
  if (!sameRules) return 'lunatic'
  return commit.round === otherCommit.round ? 'equivocation' : 'amnesia'
}

/** In set order. */
function signersOf({ commit, validators }: Pick<ConsistentBlock, 'commit' | 'validators'>): readonly ConsensusKey[] {
  return bitmapIndices(commit.signers).flatMap((index) => validators.validators[index]?.consensusKey ?? [])
}

function inBoth(one: readonly ConsensusKey[], other: readonly ConsensusKey[]): readonly ConsensusKey[] {
  return one.filter((key) => includes(other, key))
}

function includes(keys: readonly ConsensusKey[], key: ConsensusKey): boolean {
  return keys.some((each) => bytesEqual(each, key))
}
