import type { DecodedTransaction } from '../application/application.ts'
import { type Block, noCommitHash, type ProposedBlock } from '../chain/block.ts'
import { commitHash } from '../chain/certificate.ts'
import type { Limits } from '../chain/chain-spec.ts'
import { evidenceHash } from '../chain/evidence.ts'
import type { Header } from '../chain/header.ts'
import type { ChainId } from '../chain/identifiers.ts'
import { verifyCommit } from '../chain/light-verification.ts'
import { indexOfValidator, validatorSetHash } from '../chain/validator-set.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Verifier } from '../ports/verifier.ts'
import { type Bytes, bytesEqual, toHex } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { ExecutedBlock, Tip } from './chain.ts'

/**
 * What a block must satisfy, in two halves: before it is executed, against the tip it builds on, and after, against what execution
 * gave. Proposals and synchronised blocks pass through the same two gates.
 */

export interface BlockContext {
  readonly chainId: ChainId
  readonly limits: Limits
  readonly parametersHash: Hash
  /** Of the protocol, at the next height. */
  readonly version: number
  readonly tip: Tip
}

/** Everything that can be told without executing, the signature of the carried commit included. */
export async function checkBeforeExecution(
  block: ProposedBlock | Block,
  context: BlockContext,
  verifier: Verifier,
): Promise<Result<void>> {
  const { lastCommit } = block
  const held = checkRules(block, context)
  return held.ok && lastCommit ? verifyCommit(context.chainId, lastCommit, context.tip.lastValidators, verifier.bls) : held
}

/** The same but for that signature: of a certified block it was checked by those who certified it, whose header names the commit. */
export function checkRules(block: ProposedBlock | Block, context: BlockContext): Result<void> {
  const { header, lastCommit } = block
  const { tip } = context
  const expected: readonly Rule[] = [
    ['BLOCK_WRONG_VERSION', header.version === context.version],
    ['BLOCK_WRONG_CHAIN', bytesEqual(header.chainId, context.chainId)],
    ['BLOCK_WRONG_HEIGHT', header.height === tip.height + 1],
    ['BLOCK_WRONG_PARENT', bytesEqual(header.previousHash, tip.hash)],
    ['BLOCK_WRONG_TIME', header.time > tip.time],
    ['BLOCK_WRONG_VALIDATORS', bytesEqual(header.validatorsHash, validatorSetHash(tip.validators))],
    ['BLOCK_WRONG_PROPOSER', indexOfValidator(tip.validators, header.proposer) !== undefined],
    ['BLOCK_WRONG_PARAMETERS', bytesEqual(header.parametersHash, context.parametersHash)],
    ['BLOCK_WRONG_EVIDENCE', bytesEqual(header.evidenceHash, evidenceHash(block.evidence))],
    ['BLOCK_WRONG_COMMIT', bytesEqual(header.previousCommitHash, lastCommit ? commitHash(lastCommit) : noCommitHash)],
    ['BLOCK_WRONG_COMMIT', (lastCommit === undefined) === (tip.height === 0)],
  ]
  const broken = firstBroken(expected, header)
  if (!broken.ok || !lastCommit) return broken
  const ofTip = lastCommit.height === tip.height && bytesEqual(lastCommit.blockHash, tip.hash)
  return ofTip ? broken : reject('BLOCK_WRONG_COMMIT', `height ${header.height} carries a commit of another block`)
}

/** Whether what a proposal orders keeps within the chain's limits. */
export function checkSize(header: Header, transactions: readonly DecodedTransaction[], limits: Limits): Result<void> {
  let bytes = 0
  for (const { encoded } of transactions) bytes += encoded.length
  const fits = transactions.length <= limits.block_transactions_max && bytes <= limits.block_bytes_max
  return firstBroken([['BLOCK_TOO_LARGE', fits]], header)
}

/** Whether execution gave what the header promises. */
export function checkAfterExecution(header: Header, executed: ExecutedBlock): Result<void> {
  const expected: readonly Rule[] = [
    ['BLOCK_WRONG_TRANSACTIONS', bytesEqual(header.transactionsRoot, executed.transactionsRoot)],
    ['BLOCK_WRONG_RESULT', bytesEqual(header.resultsHash, executed.resultsRoot)],
    ['BLOCK_WRONG_NEXT_VALIDATORS', bytesEqual(header.nextValidatorsHash, executed.nextValidatorsHash)],
    ['BLOCK_WRONG_STATE', bytesEqual(header.appHash, executed.appHash)],
  ]
  return firstBroken(expected, header, executed.appHash)
}

type Rule = readonly [code: RejectionCode, holds: boolean]

function firstBroken(rules: readonly Rule[], header: Header, appHash?: Bytes): Result<void> {
  const broken = rules.find(([, holds]) => !holds)
  if (!broken) return ok(undefined)
  const ours = appHash ? `, our state root ${toHex(appHash).slice(0, 16)}` : ''
  return reject(broken[0], `height ${header.height}${ours}`)
}
