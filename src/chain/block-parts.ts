import { bytesEqual } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { type Block, noCommitHash, transactionId, transactionsRoot } from './block.ts'
import { commitHash } from './certificate.ts'
import { evidenceHash } from './evidence.ts'

/** Whether the block is whole: its parts are those its header names. Whoever passes a block on answers for that much. */
export function checkParts({ header, lastCommit, evidence, transactions }: Block): Result<void> {
  const { previousCommitHash, transactionsRoot: root } = header
  if (!bytesEqual(previousCommitHash, lastCommit ? commitHash(lastCommit) : noCommitHash)) return broken('BLOCK_WRONG_COMMIT')
  if (!bytesEqual(header.evidenceHash, evidenceHash(evidence))) return broken('BLOCK_WRONG_EVIDENCE')
  if (!bytesEqual(root, transactionsRoot(transactions.map(transactionId)))) return broken('BLOCK_WRONG_TRANSACTIONS')
  return ok(undefined)

  function broken(code: RejectionCode) {
    return reject(code, `height ${header.height}`)
  }
}
