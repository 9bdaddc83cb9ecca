import { verifyRegistration } from '../../chain/registration.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'
import type { CheckContext, DecodedTransaction, SenderStanding } from '../application.ts'
import type { LedgerContent } from './decode-transaction.ts'
import type { LedgerRules } from './operation-context.ts'
import { leastFee } from './parameters.ts'
import { readAccount, readValidator } from './records.ts'

/** How far ahead of the sender's next nonce a transaction may be and still wait here. */
export const nonceWindow = 4096

/**
 * Whether the transaction could execute on this state when its turn comes. Costs one read for the common case, so that a flood is
 * turned away cheaply; what other transactions do meanwhile is for execution to find out.
 */
export function checkTransaction(
  { content, spends = 0n }: DecodedTransaction<LedgerContent>,
  { state, height }: CheckContext,
  { chainId, parameters }: LedgerRules,
): Result<SenderStanding> {
  const { transaction, sender } = content
  const { nonce, fee, expiryHeight, operations } = transaction
  if (expiryHeight < height) return reject('TX_EXPIRED', `valid up to height ${expiryHeight}, the next block has ${height}`)
  const least = leastFee(parameters, operations)
  if (fee < least) return reject('TX_UNDERPAID', `fee ${fee}, at least ${least}`)
  const account = readAccount(state, sender)
  if (nonce < account.nonce) return reject('TX_NONCE_TOO_LOW', `nonce ${nonce}, the next is ${account.nonce}`)
  if (nonce > account.nonce + nonceWindow) return reject('TX_NONCE_GAP', `nonce ${nonce}, the next is ${account.nonce}`)
  if (spends > account.balance) return reject('TX_INSUFFICIENT_BALANCE', `spends ${spends}, the balance is ${account.balance}`)
  for (const operation of operations) {
    if (operation.type !== 'register-validator' || readValidator(state, sender)) continue
    if (!verifyRegistration(operation.consensusKey, chainId, sender, operation.possession)) {
      return reject('TX_OPERATION_INVALID', 'possession of the consensus key is not proved')
    }
  }
  return ok({ nextNonce: account.nonce, funds: account.balance })
}
