/**
 * Who lied, when two blocks of one height are certified. Whoever precommitted both in one round lied. Across rounds, a precommit locks:
 * its signer may prevote another block later only on the strength of a polka for it, of the lock's round or after. So of the polkas for
 * the later block, the first after the lock has signers who broke their lock, unless there is one for it in the lock's own round; and
 * then that one and the lock's own polka have signers who prevoted twice. Accountability as in docs/spec/consensus.md; the argument is
 * that of arXiv:1807.04938, section "Tendermint consensus algorithm", lemma 3, read backwards. Spec: docs/spec/light-client.md, "Accusations".
 */
import { bitmapHas, bitmapIndices } from '../chain/bitmap.ts'
import type { Certificate, Commit } from '../chain/certificate.ts'
import type { ConflictingCertificates } from '../chain/evidence.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import type { Hash } from '../crypto/hash.ts'
import { type Bytes, bytesEqual, compareBytes } from '../primitives/bytes.ts'
import { conflictOf, signersOfCertificate, signersOfCommit } from './conflict.ts'

/** Two commits of one height for different blocks, both verified, and the validators of that height. */
export interface Fork {
  readonly validators: ValidatorSet
  readonly commits: readonly [Commit, Commit]
}

export interface Accusation {
  /** Proved: convicted by evidence that anybody can check. */
  readonly convicted: readonly ConsensusKey[]
  /** Broke a lock as far as is known: a polka for the later block that nobody has shown could excuse them. */
  readonly suspects: readonly ConsensusKey[]
  readonly evidence: readonly ConflictingCertificates[]
}

/** @param polkas verified certificates of prevotes of the height, from whomever: the more there are, the fewer suspects remain. */
export function accuse({ validators, commits }: Fork, polkas: readonly Certificate[]): Accusation {
  const [lock, later] = commits[0].round <= commits[1].round ? commits : [commits[1], commits[0]]
  const doublePrevotes = conflictsAmong(validators, polkas)
  if (lock.round === later.round)
    return merged([conflictOf(signersOfCommit(lock, validators), signersOfCommit(later, validators)), ...doublePrevotes], [])
  const ofLater = polkas
    .filter(({ round, blockHash }) => round >= lock.round && round <= later.round && isOf(blockHash, later.blockHash))
    .sort((left, right) => left.round - right.round)
  const released = ofLater.some(({ round }) => round === lock.round)
  const broken = ofLater.find(({ round }) => round > lock.round)
  const keys = keysAt(validators)
  const suspects = released ? [] : keys(inBoth(lock.signers, (broken ?? later).signers))
  return merged(doublePrevotes, suspects)
}

/** Evidence against everybody who signed two polkas of one round. */
function conflictsAmong(
  validators: ValidatorSet,
  polkas: readonly Certificate[],
): readonly (readonly ConflictingCertificates[])[] {
  return polkas.flatMap((one, index) =>
    polkas
      .slice(index + 1)
      .filter((other) => other.round === one.round && !isOf(other.blockHash, one.blockHash))
      .map((other) => conflictOf(signersOfCertificate(one, validators), signersOfCertificate(other, validators))),
  )
}

/** Who is convicted is no suspect as well, and is accused once. */
function merged(evidence: readonly (readonly ConflictingCertificates[])[], suspects: readonly ConsensusKey[]): Accusation {
  const pieces = evidence.flat()
  const convicted = pieces
    .map(({ consensusKey }) => consensusKey)
    .sort(compareBytes)
    .filter((key, index, all) => index === 0 || !bytesEqual(all[index - 1] as Bytes, key))
  const open = suspects.filter((key) => !convicted.some((each) => bytesEqual(each, key)))
  return { convicted, suspects: open, evidence: pieces }
}

function inBoth(one: Bytes, other: Bytes): readonly number[] {
  return bitmapIndices(one).filter((index) => bitmapHas(other, index))
}

function keysAt({ validators }: ValidatorSet): (indices: readonly number[]) => readonly ConsensusKey[] {
  return (indices) => indices.flatMap((index) => validators[index]?.consensusKey ?? [])
}

function isOf(blockHash: Hash | undefined, other: Hash | undefined): boolean {
  return blockHash !== undefined && other !== undefined && bytesEqual(blockHash, other)
}
