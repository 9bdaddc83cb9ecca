/**
 * Who voted for what, round by round, within one height. Holds only verified votes. Each validator counts once for each kind and
 * round; a certificate counts as the votes of all its signers, even of one who is known to have voted otherwise, for it is proof by
 * itself. Bounded: one own vote a validator, kind and round, and only in rounds up to `roundLookAhead` beyond the current one; of
 * rounds further ahead only each validator's highest is remembered. Spec: docs/spec/consensus.md, votes.
 */
import { bitmapIndices } from '../chain/bitmap.ts'
import type { Certificate } from '../chain/certificate.ts'
import { hasHonest, isQuorum, type ValidatorSet } from '../chain/validator-set.ts'
import { prevote, type SignedVote, type VoteKind } from '../chain/vote.ts'
import type { Hash } from '../crypto/hash.ts'
import { toHex } from '../primitives/bytes.ts'

/** How many rounds beyond its own a node keeps votes and proposals of. */
export const roundLookAhead = 16

/** A block hash in hexadecimal, or `nil`: what votes are counted by. */
export type ValueKey = string

export function valueKey(blockHash: Hash | undefined): ValueKey {
  return blockHash === undefined ? 'nil' : toHex(blockHash)
}

/** The votes of one kind in one round. */
export interface VoteSet {
  /** By validator index: the first vote that each sent itself. */
  readonly votes: ReadonlyMap<number, SignedVote>
  readonly certificates: ReadonlyMap<ValueKey, Certificate>
  /** Who counts for which value. */
  readonly signers: ReadonlyMap<ValueKey, ReadonlySet<number>>
  /** Power behind each value. */
  readonly powers: ReadonlyMap<ValueKey, bigint>
  /** Power of all who voted, for whatever value. */
  readonly power: bigint
  /** The value with more than two thirds behind it. With more than a third of liars there may be others: the first stays. */
  readonly quorum: Quorum | undefined
}

export interface Quorum {
  readonly round: number
  /** Absent: nil. */
  readonly blockHash: Hash | undefined
}

export type VoteOutcome =
  | { readonly type: 'counted'; readonly completesQuorum: boolean }
  /** New, but not counted: its signer counts already by a certificate, or its round lies too far ahead for more than a skip. */
  | { readonly type: 'noted' }
  | { readonly type: 'known' }
  /** The same validator voted otherwise before; this vote does not count. */
  | { readonly type: 'conflict'; readonly earlier: SignedVote }

export interface VoteTally {
  /** `round` is the node's own, against which the look-ahead is measured. */
  addVote(vote: SignedVote, round: number): VoteOutcome
  /** False: nothing new. */
  addCertificate(certificate: Certificate): boolean
  /** Whether `addVote`, given the same round, could learn anything from this vote. */
  isNews(vote: SignedVote, round: number): boolean
  votes(kind: VoteKind, round: number): VoteSet
  /** L34, L47: more than two thirds voted, for whatever value. */
  hasAnyQuorum(kind: VoteKind, round: number): boolean
  /** L28, L36, L44, L49: more than two thirds voted for one value. */
  quorum(kind: VoteKind, round: number): Quorum | undefined
  /** Every quorum for a block, in the order in which they formed. */
  blockQuorums(kind: VoteKind): readonly Quorum[]
  /** L55: the highest round beyond `round` that more than one third have reached. */
  skipTarget(round: number): number | undefined
}

interface MutableVoteSet {
  readonly votes: Map<number, SignedVote>
  readonly certificates: Map<ValueKey, Certificate>
  readonly signers: Map<ValueKey, Set<number>>
  readonly powers: Map<ValueKey, bigint>
  readonly voters: Set<number>
  readonly accused: Set<number>
  power: bigint
  quorum: Quorum | undefined
}

export function createVoteTally(validators: ValidatorSet): VoteTally {
  const sets = new Map<string, MutableVoteSet>()
  const quorums: Readonly<Record<VoteKind, Quorum[]>> = { 1: [], 2: [] }
  const highestRounds = new Map<number, number>()

  const find = (kind: number, round: number): MutableVoteSet | undefined => sets.get(`${kind}/${round}`)

  function open(kind: number, round: number): MutableVoteSet {
    const found = find(kind, round)
    if (found) return found
    const opened = emptySet()
    sets.set(`${kind}/${round}`, opened)
    return opened
  }

  /** Counts a validator for a value. Returns whether that completes a quorum. */
  function count(set: MutableVoteSet, validator: number, { kind, round, blockHash }: CountedVote): boolean {
    const key = valueKey(blockHash)
    const signers = set.signers.get(key) ?? new Set<number>()
    const power = validators.validators[validator]?.power ?? 0n
    signers.add(validator)
    set.signers.set(key, signers)
    const behind = (set.powers.get(key) ?? 0n) + power
    set.powers.set(key, behind)
    if (!set.voters.has(validator)) set.power += power
    set.voters.add(validator)
    if (set.quorum || !isQuorum(behind, validators.totalPower)) return false
    set.quorum = { round, blockHash }
    if (blockHash) quorums[kind === prevote ? 1 : 2].push(set.quorum)
    return true
  }

  /**
   * Whether a vote beyond the look-ahead is worth noting. What is within a look-ahead of a validator's noted round will be heard once
   * this node has skipped there; noting each round of it would have a liar's million votes checked and logged one by one.
   */
  function leaps(validator: number, round: number): boolean {
    return round >= (highestRounds.get(validator) ?? -1) + roundLookAhead
  }

  function noteRound(validator: number, round: number): void {
    if (round > (highestRounds.get(validator) ?? -1)) highestRounds.set(validator, round)
  }

  return {
    addVote(vote, ownRound) {
      const { validator, vote: content } = vote
      const isFar = content.round > ownRound + roundLookAhead
      if (isFar && !leaps(validator, content.round)) return { type: 'known' }
      noteRound(validator, content.round)
      if (isFar) return { type: 'noted' }
      const set = open(content.kind, content.round)
      const earlier = set.votes.get(validator)
      if (earlier) return conflict(set, earlier, vote)
      set.votes.set(validator, vote)
      if (set.voters.has(validator)) return { type: 'noted' }
      return { type: 'counted', completesQuorum: count(set, validator, content) }
    },

    addCertificate(certificate) {
      const set = open(certificate.kind, certificate.round)
      const key = valueKey(certificate.blockHash)
      if (set.certificates.has(key) || set.certificates.size >= certificatesMax) return false
      set.certificates.set(key, certificate)
      for (const validator of bitmapIndices(certificate.signers)) {
        noteRound(validator, certificate.round)
        if (!set.signers.get(key)?.has(validator)) count(set, validator, certificate)
      }
      return true
    },

    isNews({ vote, validator }, ownRound) {
      if (vote.round > ownRound + roundLookAhead) return leaps(validator, vote.round)
      if (vote.round > (highestRounds.get(validator) ?? -1)) return true
      const set = find(vote.kind, vote.round)
      const earlier = set?.votes.get(validator)
      if (!set || !earlier) return true
      return valueKey(earlier.vote.blockHash) !== valueKey(vote.blockHash) && !set.accused.has(validator)
    },

    votes: (kind, round) => find(kind, round) ?? emptySet(),
    hasAnyQuorum: (kind, round) => isQuorum(find(kind, round)?.power ?? 0n, validators.totalPower),
    quorum: (kind, round) => find(kind, round)?.quorum,
    blockQuorums: (kind) => quorums[kind],

    skipTarget(round) {
      const ahead = [...highestRounds].filter(([, highest]) => highest > round).sort(([, left], [, right]) => right - left)
      let power = 0n
      for (const [validator, highest] of ahead) {
        power += validators.validators[validator]?.power ?? 0n
        if (hasHonest(power, validators.totalPower)) return highest
      }
      return undefined
    },
  }
}

type CountedVote = { readonly kind: number; readonly round: number; readonly blockHash: Hash | undefined }

/** Two certificates of one kind and round prove that a third lied already; there is nothing to learn from more. */
const certificatesMax = 2

/** A second vote that differs is reported once: one proof convicts, and a liar may send any number. */
function conflict(set: MutableVoteSet, earlier: SignedVote, vote: SignedVote): VoteOutcome {
  const same = valueKey(earlier.vote.blockHash) === valueKey(vote.vote.blockHash)
  if (same || set.accused.has(vote.validator)) return { type: 'known' }
  set.accused.add(vote.validator)
  return { type: 'conflict', earlier }
}

function emptySet(): MutableVoteSet {
  return {
    votes: new Map(),
    certificates: new Map(),
    signers: new Map(),
    powers: new Map(),
    voters: new Set(),
    accused: new Set(),
    power: 0n,
    quorum: undefined,
  }
}
