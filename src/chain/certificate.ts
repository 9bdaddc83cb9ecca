import { encode } from '../codec/codec.ts'
import { bytes, type Infer, optional, struct, uint } from '../codec/schema.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { consensusSignature, hash } from './identifiers.ts'
import { roundMax, validatorsMax } from './limits.ts'
import type { Vote } from './vote.ts'

/** One bit a validator, in set order, the first in the lowest bit of the first byte; as short as the set allows. */
const signers = bytes({ min: 1, max: validatorsMax / 8 })

/** More than two thirds of stake behind one and the same vote: a bitmap of signers and one aggregated signature. */
export const certificateSchema = struct('Certificate', {
  kind: uint({ max: 2 }),
  height: uint(),
  round: uint({ max: roundMax }),
  blockHash: optional(hash),
  signers,
  signature: consensusSignature,
})
export type Certificate = Infer<typeof certificateSchema>

/** The precommit certificate that finalises a block. */
export const commitSchema = struct('Commit', {
  height: uint(),
  round: uint({ max: roundMax }),
  blockHash: hash,
  signers,
  signature: consensusSignature,
})
export type Commit = Infer<typeof commitSchema>

export function certifiedVote(certificate: Certificate): Vote {
  const { kind, height, round, blockHash } = certificate
  return { kind, height, round, blockHash }
}

export function commitHash(commit: Commit): Hash {
  return taggedHash('synod/commit', encode(commitSchema, commit))
}
