/**
 * Evidence of two certificates, against each who signed both. The certificates may be of different sets: one of them perhaps names
 * validators that the chain never had, and then the evidence holds where their keys are proved.
 */
import { bitmapIndices, bitmapOf } from '../chain/bitmap.ts'
import type { Certificate, Commit } from '../chain/certificate.ts'
import { type ConflictingCertificates, compareVotes } from '../chain/evidence.ts'
import type { Header } from '../chain/header.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import type { KeyPossession } from '../chain/key-possession.ts'
import { evidencePossessionsMax } from '../chain/limits.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import { precommit, type Vote } from '../chain/vote.ts'
import { type Bytes, bytesEqual, bytesKey, compareBytes } from '../primitives/bytes.ts'

export interface SignedTogether {
  readonly vote: Vote
  readonly signers: readonly ConsensusKey[]
  readonly signature: Bytes
  /** Needed where the votes are of different rounds. */
  readonly header?: Header
}

export function signersOfCommit({ height, round, blockHash, signers, signature }: Commit, set: ValidatorSet): SignedTogether {
  return { vote: { kind: precommit, height, round, blockHash }, signers: keysOf(signers, set), signature }
}

export function signersOfCertificate(certificate: Certificate, set: ValidatorSet): SignedTogether {
  const { kind, height, round, blockHash, signers, signature } = certificate
  return { vote: { kind, height, round, blockHash }, signers: keysOf(signers, set), signature }
}

/** @param possessions of whichever signers may not be known to the chain. */
export function conflictOf(
  one: SignedTogether,
  other: SignedTogether,
  possessions: readonly KeyPossession[] = [],
): readonly ConflictingCertificates[] {
  const [first, second] = compareVotes(one.vote, other.vote) <= 0 ? [one, other] : [other, one]
  const either = new Map([...first.signers, ...second.signers].map((key) => [bytesKey(key), key]))
  const keys = [...either.values()].sort(compareBytes)
  const over = ({ signers }: SignedTogether) => {
    const known = new Set(signers.map(bytesKey))
    return bitmapOf(
      keys.flatMap((key, place) => (known.has(bytesKey(key)) ? place : [])),
      keys.length,
    )
  }
  const headers =
    first.vote.round !== second.vote.round && first.header && second.header
      ? { first: first.header, second: second.header }
      : undefined
  // Of several proofs of a key the last counts, as it did where the block was believed.
  const proved = [...new Map(possessions.map((possession) => [bytesKey(possession.consensusKey), possession])).values()]
    .filter(({ consensusKey }) => either.has(bytesKey(consensusKey)))
    .sort((left, right) => compareBytes(left.consensusKey, right.consensusKey))
    .slice(0, evidencePossessionsMax)
  return first.signers
    .filter((key) => second.signers.some((each) => bytesEqual(each, key)))
    .map((consensusKey) => ({
      type: 'conflicting-certificates',
      consensusKey,
      first: first.vote,
      firstSignature: first.signature,
      second: second.vote,
      secondSignature: second.signature,
      keys,
      firstSigners: over(first),
      secondSigners: over(second),
      headers,
      possessions: proved,
    }))
}

function keysOf(signers: Bytes, { validators }: ValidatorSet): readonly ConsensusKey[] {
  return bitmapIndices(signers).flatMap((index) => validators[index]?.consensusKey ?? [])
}
