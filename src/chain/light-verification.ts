/**
 * Whether a commit makes a block final: more than two thirds of the stake of its height's validators signed that very block. Needs
 * the validator set and nothing else, so that block sync, light clients and browsers share it. Spec: docs/spec/consensus.md, commits.
 */
import type { SignatureCheck } from '../crypto/verified.ts'
import { type CertificateItem, verifyCertificates } from '../crypto/verified-certificates.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { bitmapIndices, isBitmapOf } from './bitmap.ts'
import type { Commit } from './certificate.ts'
import type { ChainId } from './identifiers.ts'
import { isQuorum, type ValidatorSet } from './validator-set.ts'
import { precommit, voteSignBytes } from './vote.ts'

/** Whether a bitmap of signers has its one form and more than two thirds of the power. Rejects CERTIFICATE_MALFORMED, CERTIFICATE_NO_QUORUM. */
export function checkSigners(signers: Bytes, { validators, totalPower }: ValidatorSet): Result<void> {
  if (!isBitmapOf(signers, validators.length))
    return reject('CERTIFICATE_MALFORMED', `${signers.length} bytes for ${validators.length}`)
  let power = 0n
  for (const index of bitmapIndices(signers)) power += validators[index]?.power ?? 0n
  return isQuorum(power, totalPower) ? ok(undefined) : reject('CERTIFICATE_NO_QUORUM', `${power} of ${totalPower}`)
}

/** The signature to check of a commit whose signers are a quorum of `set`, the validators of the commit's height. */
export function commitItem(chainId: ChainId, commit: Commit, set: ValidatorSet): Result<CertificateItem<Commit>> {
  const checked = checkSigners(commit.signers, set)
  if (!checked.ok) return checked
  const { height, round, blockHash, signature } = commit
  const message = voteSignBytes(chainId, { kind: precommit, height, round, blockHash })
  const publicKeys = bitmapIndices(commit.signers).flatMap((index) => set.validators[index]?.consensusKey ?? [])
  return ok({ value: commit, publicKeys, message, signature })
}

/** Checks a commit whole. Rejects CERTIFICATE_MALFORMED, CERTIFICATE_NO_QUORUM, SIGNATURE_INVALID. */
export async function verifyCommit(
  chainId: ChainId,
  commit: Commit,
  set: ValidatorSet,
  checkBls: SignatureCheck,
): Promise<Result<void>> {
  const item = commitItem(chainId, commit, set)
  if (!item.ok) return item
  const [verified] = await verifyCertificates([item.value], checkBls)
  return verified ? ok(undefined) : reject('SIGNATURE_INVALID', `commit of height ${commit.height}`)
}
