import { transactionResultSchema } from '../../application/application.ts'
import { commitHash } from '../../chain/certificate.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import { type ValidatorSet, validatorSetHash } from '../../chain/validator-set.ts'
import { precommit, voteSignBytes } from '../../chain/vote.ts'
import { encode } from '../../codec/codec.ts'
import { aggregatePublicKeys } from '../../crypto/bls.ts'
import type { Hash } from '../../crypto/hash.ts'
import { merkleRoot } from '../../crypto/merkle.ts'
import type { NodeEvent } from '../../engine/synod-node.ts'
import { bytesEqual, bytesKey } from '../../primitives/bytes.ts'
import type { SignatureOracle } from '../simulated-verifier.ts'
import { hasSigned, haveQuorum } from './quorum.ts'
import type { CheckName } from './violation.ts'

export type FinalBlock = NodeEvent & { readonly type: 'block' }
export type Finding = readonly [check: CheckName, detail: string] | undefined

/** How wrong an honest clock may be in a simulation. */
export const skewMaxMs = 400

/** The header says what is the case. */
export function isTruthful(
  { block: { header }, ids, results }: FinalBlock,
  expected: { readonly chainId: ChainId; readonly parent: Hash | undefined; readonly set: ValidatorSet | undefined },
): Finding {
  const { chainId, parent, set } = expected
  const outcome = merkleRoot(results.map((result) => encode(transactionResultSchema, result)))
  const proposer = set?.validators.some(({ consensusKey }) => bytesEqual(consensusKey, header.proposer))
  if (!bytesEqual(header.chainId, chainId)) return ['validity', 'it is of another chain']
  if (!parent || !bytesEqual(parent, header.previousHash)) return ['validity', 'its parent is not the block before it']
  if (!proposer) return ['validity', 'its proposer is no validator']
  if (!bytesEqual(header.resultsHash, outcome)) return ['validity', 'its results hash is not that of its results']
  if (!bytesEqual(header.transactionsRoot, merkleRoot(ids)))
    return ['validity', 'its transactions root is not that of its transactions']
  return undefined
}

/** @param nowMs the time of the world, which no honest clock is further from than `skewMaxMs`. */
export function isTimely({ block: { header }, commit }: FinalBlock, nowMs: number, precisionMs: number): Finding {
  const aheadMs = header.time - nowMs
  const toleratedMs = precisionMs * (1 + commit.round / 10) + skewMaxMs
  return aheadMs > toleratedMs ? ['validity', `its time is ${Math.round(aheadMs)} ms ahead of everybody`] : undefined
}

/** More than two thirds of the validators of its height signed it. Each commit is checked once. */
export function commitChecker(
  chainId: ChainId,
  oracle: SignatureOracle,
): (event: FinalBlock, set: ValidatorSet | undefined) => Finding {
  const good = new Set<string>()

  return ({ block: { header }, commit, hash }, set) => {
    if (!set || !bytesEqual(validatorSetHash(set), header.validatorsHash))
      return ['commit', 'other validators than the chain has']
    if (commit.height !== header.height || !bytesEqual(commit.blockHash, hash))
      return ['commit', 'the commit is of another block']
    const key = bytesKey(commitHash(commit))
    if (good.has(key)) return undefined
    if (!haveQuorum(set.validators, (_, index) => hasSigned(commit.signers, index))) return ['commit', 'no quorum signed it']
    const message = voteSignBytes(chainId, { kind: precommit, height: commit.height, round: commit.round, blockHash: hash })
    const signers = set.validators.filter((_, index) => hasSigned(commit.signers, index))
    const publicKey = aggregatePublicKeys(signers.map(({ consensusKey }) => consensusKey))
    const holds = publicKey && oracle.holds({ publicKey, message, signature: commit.signature })
    if (!holds) return ['commit', 'its signers have not signed it']
    good.add(key)
    return undefined
  }
}
