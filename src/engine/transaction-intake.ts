import type { Application, DecodedTransaction } from '../application/application.ts'
import { transactionId } from '../chain/block.ts'
import type { Hash } from '../crypto/hash.ts'
import type { SignatureItem } from '../crypto/verified.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Verifier } from '../ports/verifier.ts'
import { type Bytes, toHex } from '../primitives/bytes.ts'
import { ok, type Result, reject } from '../primitives/result.ts'
import type { Chain } from './chain.ts'

/** Where bytes become transactions: decoded once, every signature checked once, and only then offered to the mempool. */
export interface TransactionIntake {
  /**
   * Decodes and verifies. One answer per transaction, in order; those already known here are not verified again.
   * `ids`: theirs, where they have been computed already.
   */
  verify(encoded: readonly Bytes[], ids?: readonly Hash[]): Promise<readonly Result<DecodedTransaction>[]>
  /** Checks verified transactions against the latest state and puts the good ones into the mempool. */
  admit(transactions: readonly DecodedTransaction[], source: string): readonly Result<void>[]
}

export function createTransactionIntake(options: {
  application: Application
  chain: Chain
  mempool: Mempool
  verifier: Verifier
  telemetry: Telemetry
  transactionBytesMax: number
  /** A transaction this node verified before, if it still holds it. */
  known: (id: Bytes) => DecodedTransaction | undefined
}): TransactionIntake {
  const { application, chain, mempool, verifier, telemetry, known } = options

  function decodeOne(encoded: Bytes, id: Hash): Result<DecodedTransaction> {
    if (encoded.length > options.transactionBytesMax) {
      return reject('TX_TOO_LARGE', `${encoded.length} bytes, at most ${options.transactionBytesMax}`)
    }
    const decoded = application.decodeTransaction(encoded)
    if (!decoded.ok) return decoded
    return ok({ ...decoded.value, id, encoded })
  }

  function admitOne(transaction: DecodedTransaction, source: string): Result<void> {
    const { height } = chain.tip()
    const state = chain.state.reader()
    const check = application.checkTx(transaction, { state, height: height + 1 })
    if (!check.ok) return check
    const added = mempool.add(transaction, { source, standing: check.value, height })
    return added.ok ? ok(undefined) : added
  }

  return {
    async verify(encoded, ids = encoded.map(transactionId)) {
      const answers: Result<DecodedTransaction>[] = []
      const items: SignatureItem[] = []
      const owners: number[] = []
      for (const [index, bytes] of encoded.entries()) {
        const id = ids[index] as Hash
        const before = known(id)
        const answer = before ? ok(before) : decodeOne(bytes, id)
        answers.push(answer)
        if (before || !answer.ok) continue
        for (const signature of answer.value.signatures) {
          items.push(signature)
          owners.push(index)
        }
      }
      if (items.length === 0) return answers
      const verdicts = await verifier.ed25519(items)
      for (const [item, good] of verdicts.entries()) {
        if (!good)
          answers[owners[item] as number] = reject('TX_SIGNATURE_INVALID', toHex((items[item] as SignatureItem).publicKey))
      }
      return answers
    },

    admit(transactions, source) {
      return transactions.map((transaction) => {
        const answer = admitOne(transaction, source)
        if (!answer.ok) telemetry.count('synod_mempool_rejected_total', 1, { code: answer.error.code })
        return answer
      })
    },
  }
}
