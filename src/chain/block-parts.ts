import type { Hash } from '../crypto/hash.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import type { RejectionCode } from '../primitives/error-catalogue.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import { type Block, noCommitHash, transactionId, transactionsRoot } from './block.ts'
import { commitHash } from './certificate.ts'
import { evidenceHash } from './evidence.ts'

/**
 * Whether the block is whole: its parts are those its header names. Whoever passes a block on answers for that much. Gives the ids of its
 * transactions, which need not be hashed again.
 */
export function checkParts({ header, lastCommit, evidence, transactions }: Block): Result<readonly Hash[]> {
  const { previousCommitHash, transactionsRoot: root } = header
  if (!bytesEqual(previousCommitHash, lastCommit ? commitHash(lastCommit) : noCommitHash)) return broken('BLOCK_WRONG_COMMIT')
  if (!bytesEqual(header.evidenceHash, evidenceHash(evidence))) return broken('BLOCK_WRONG_EVIDENCE')
  const ids = transactions.map(transactionId)
  if (!bytesEqual(root, transactionsRoot(ids))) return broken('BLOCK_WRONG_TRANSACTIONS')
  return ok(ids)

  function broken(code: RejectionCode) {
    return reject(code, `height ${header.height}`)
  }
}
