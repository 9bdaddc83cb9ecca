import type { Address } from '../../chain/identifiers.ts'
import { verifyRegistration } from '../../chain/registration.ts'
import type { Operation } from '../../chain/transaction.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'
import type { CheckContext, DecodedTransaction, SenderStanding } from '../application.ts'
import type { StateReader } from '../state.ts'
import type { LedgerContent } from './decode-transaction.ts'
import { rulesIn } from './governance.ts'
import type { LedgerRules } from './operation-context.ts'
import { leastFee } from './parameters.ts'
import { readAccount, readOperator, readValidator } from './records.ts'

type RegisterValidator = Extract<Operation, { type: 'register-validator' }>

/** How far ahead of the sender's next nonce a transaction may be and still wait here. */
export const nonceWindow = 4096

/**
 * Whether the transaction could execute on this state when its turn comes. Costs two reads for the common case, so that a flood is
 * turned away cheaply; what other transactions do meanwhile is for execution to find out.
 */
export function checkTransaction(
  { content, spends = 0n }: DecodedTransaction<LedgerContent>,
  { state, height }: CheckContext,
  spec: LedgerRules,
): Result<SenderStanding> {
  const rules = rulesIn(state, spec)
  const { transaction, sender } = content
  const { nonce, fee, expiryHeight, operations } = transaction
  if (expiryHeight < height) return reject('TX_EXPIRED', `valid up to height ${expiryHeight}, the next block has ${height}`)
  const least = leastFee(rules.parameters, operations)
  if (fee < least) return reject('TX_UNDERPAID', `fee ${fee}, at least ${least}`)
  const account = readAccount(state, sender)
  if (nonce < account.nonce) return reject('TX_NONCE_TOO_LOW', `nonce ${nonce}, the next is ${account.nonce}`)
  if (nonce > account.nonce + nonceWindow) return reject('TX_NONCE_GAP', `nonce ${nonce}, the next is ${account.nonce}`)
  if (spends > account.balance) return reject('TX_INSUFFICIENT_BALANCE', `spends ${spends}, the balance is ${account.balance}`)
  const registrations = operations.filter((operation) => operation.type === 'register-validator')
  if (registrations.length > 0 && !readValidator(state, sender)) {
    const flaw = flawOf(registrations, sender, state, rules)
    if (flaw) return reject('TX_OPERATION_INVALID', flaw)
  }
  return ok({ nextNonce: account.nonce, funds: account.balance })
}

/**
 * Why the sender could not become a validator. The proof costs a pairing, which nobody has paid for yet: so there is one at most, for
 * a sender who owns a validator's stake, and it comes last.
 */
function flawOf(
  [registration, ...more]: readonly RegisterValidator[],
  sender: Address,
  state: StateReader,
  { chainId, parameters }: LedgerRules,
): string | undefined {
  if (!registration || more.length > 0) return 'a sender registers once'
  const { consensusKey, possession, stake } = registration
  if (stake < BigInt(parameters.minimum_stake)) return `stake ${stake}, at least ${parameters.minimum_stake}`
  if (readOperator(state, consensusKey)) return 'the consensus key has an operator'
  return verifyRegistration(consensusKey, chainId, sender, possession)
    ? undefined
    : 'possession of the consensus key is not proved'
}
