import { delegationSignBytes } from '../../chain/delegation.ts'
import type { Address, ChainId } from '../../chain/identifiers.ts'
import { type Operation, type Transaction, transactionSchema, transactionSignBytes } from '../../chain/transaction.ts'
import { decode } from '../../codec/codec.ts'
import { addressOf } from '../../crypto/address.ts'
import { unreachable } from '../../primitives/assert.ts'
import { type Bytes, bytesEqual, toHex } from '../../primitives/bytes.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'
import type { TransactionContent } from '../application.ts'

/** What the ledger makes of a transaction's bytes, once. */
export interface LedgerContent {
  readonly transaction: Transaction
  /** The account of the key that signed. */
  readonly sender: Address
  /** `sender` in hexadecimal: the name of the account in events and in the mempool. */
  readonly senderName: string
}

/**
 * Strict: the one canonical encoding of a transaction for this chain. The signature is not checked here; it is handed out as an item
 * for whoever checks many at a time.
 */
export function decodeLedgerTransaction(chainId: ChainId, encoded: Bytes): Result<TransactionContent<LedgerContent>> {
  const decoded = decode(transactionSchema, encoded)
  if (!decoded.ok) return reject('TX_MALFORMED', `${decoded.error.code}: ${decoded.error.detail}`)
  const transaction = decoded.value
  if (!bytesEqual(transaction.chainId, chainId)) return reject('TX_WRONG_CHAIN', toHex(transaction.chainId))
  const sender = addressOf(transaction.sender)
  const senderName = toHex(sender)
  const delegations = transaction.operations.filter((operation) => operation.type === 'delegate-network-key')
  if (delegations.length > 1) return reject('TX_MALFORMED', 'an account has one network key')
  return ok({
    sender: { key: senderName, nonce: transaction.nonce },
    fee: transaction.fee,
    spends: spentBy(transaction),
    expiryHeight: transaction.expiryHeight,
    signatures: [
      { publicKey: transaction.sender, message: transactionSignBytes(transaction), signature: transaction.signature },
      ...delegations.map(({ networkKey, possession }) => ({
        publicKey: networkKey,
        message: delegationSignBytes(chainId, sender),
        signature: possession,
      })),
    ],
    content: { transaction, sender, senderName },
  })
}

function spentBy({ fee, operations }: Transaction): bigint {
  let spent = fee
  for (const operation of operations) spent += movedBy(operation)
  return spent
}

/** Base units that leave the sender's balance with an operation. */
function movedBy(operation: Operation): bigint {
  switch (operation.type) {
    case 'transfer':
    case 'stake':
    case 'delegate':
      return operation.amount
    case 'register-validator':
      return operation.stake
    case 'unstake':
    case 'delegate-network-key':
    case 'rotate-key':
    case 'undelegate':
    case 'withdraw-rewards':
    case 'set-commission':
    case 'unjail':
    case 'propose-parameter':
    case 'vote-parameter':
      return 0n
    default:
      return unreachable(operation)
  }
}
