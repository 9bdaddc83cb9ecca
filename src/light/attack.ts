/**
 * What two blocks of one height prove, both of which convince the same light client. Nobody honest signs both, but who of the signers
 * lied depends on how the blocks differ; the three kinds are those of CometBFT's accountability. Spec: docs/spec/light-client.md, "Forks".
 */
import { bitmapIndices } from '../chain/bitmap.ts'
import type { ConflictingCertificates } from '../chain/evidence.ts'
import { followSameRules, headersContradict } from '../chain/header-contradiction.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import type { KeyPossession } from '../chain/key-possession.ts'
import { struct, uint } from '../codec/schema.ts'
import { bytesEqual, bytesKey } from '../primitives/bytes.ts'
import { conflictOf, signersOfCommit } from './conflict.ts'
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
 * `equivocation`: signed in one round, by signers who each signed both. `lunatic`: of different validators or rules, or the same content
 * with another outcome, so one of them is no block of the chain at all, whoever signed it. `amnesia`: of different rounds, so that signers of both forgot what bound them in
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
  /** What convicts, for a block of the chain to carry: a piece for each. */
  readonly evidence: readonly ConflictingCertificates[]
}

export function analyseAttack(common: TrustedBlock, first: ConsistentBlock, second: ConsistentBlock): LightAttack {
  const kind = kindOf(first, second)
  const evidence = evidenceOf(first, second)
  const convicted = evidence.map(({ consensusKey }) => consensusKey)
  const one = signersOf(first)
  const other = signersOf(second)
  const trusted = new Set(common.next.validators.map(({ consensusKey }) => bytesKey(consensusKey)))
  const either = [...new Map([...one, ...other].map((key) => [bytesKey(key), key])).values()]
  const accountable =
    kind === 'lunatic'
      ? either.filter((key) => trusted.has(bytesKey(key)))
      : either.filter((key) => includes(one, key) && includes(other, key))
  return { kind, common, first, second, convicted, suspects: accountable.filter((key) => !includes(convicted, key)), evidence }
}

/** Against each who signed both in one round, or headers that nobody honest signs both: what a block of the chain can carry. */
function evidenceOf(first: ConsistentBlock, second: ConsistentBlock): readonly ConflictingCertificates[] {
  if (first.commit.round !== second.commit.round && !headersContradict(first.header, second.header)) return []
  const signed = ({ commit, validators, header }: ConsistentBlock) => ({ ...signersOfCommit(commit, validators), header })
  return conflictOf(signed(first), signed(second), [...strangersTo(second, first), ...strangersTo(first, second)])
}

/** Proofs of keys that one block names and the other does not: one of the sets is perhaps no set of the chain. */
function strangersTo({ validators }: ConsistentBlock, { light }: ConsistentBlock): readonly KeyPossession[] {
  const known = new Set(validators.validators.map(({ consensusKey }) => bytesKey(consensusKey)))
  return light.possessions.filter(({ consensusKey }) => !known.has(bytesKey(consensusKey)))
}

/**
 * Who decides a height and by which rules follows from the chain before it, and what a block leads to from what is in it: the blocks
 * of a real height agree on that. In one round it is as well proved by the votes alone.
 */
function kindOf({ header: one, commit }: ConsistentBlock, { header: other, commit: otherCommit }: ConsistentBlock): AttackKind {
  if (!followSameRules(one, other)) return 'lunatic'
  if (commit.round === otherCommit.round) return 'equivocation'
  return headersContradict(one, other) ? 'lunatic' : 'amnesia'
}

/** In set order. */
function signersOf({ commit, validators }: Pick<ConsistentBlock, 'commit' | 'validators'>): readonly ConsensusKey[] {
  return bitmapIndices(commit.signers).flatMap((index) => validators.validators[index]?.consensusKey ?? [])
}

function includes(keys: readonly ConsensusKey[], key: ConsensusKey): boolean {
  return keys.some((each) => bytesEqual(each, key))
}
