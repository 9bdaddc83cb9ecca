import type { Operation } from '../../chain/transaction.ts'
import { bytesEqual, toHex } from '../../primitives/bytes.ts'
import { event, type OperationContext } from './operation-context.ts'
import { readAccount, writeAccount } from './records.ts'
import type { Outcome } from './result-codes.ts'

type Transfer = Extract<Operation, { type: 'transfer' }>

/** Moves base units to any address; the account there need not exist. To oneself it is a check of the balance and nothing else. */
export function transfer(context: OperationContext, { to, amount }: Transfer): Outcome {
  const { state, account, sender } = context
  if (amount === 0n) return 'amount-zero'
  if (account.balance < amount) return 'balance-too-low'
  if (!bytesEqual(to, sender)) {
    const recipient = readAccount(state, to)
    writeAccount(state, to, { ...recipient, balance: recipient.balance + amount })
    context.account = { ...account, balance: account.balance - amount }
  }
  context.events.push(event('transfer', { from: context.senderName, to: toHex(to), amount: amount.toString() }))
  return 'executed'
}
