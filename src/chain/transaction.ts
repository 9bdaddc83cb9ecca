import { encode } from '../codec/codec.ts'
import { bool, bytes, type Infer, list, struct, text, u64, uint, variant } from '../codec/schema.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { accountKey, accountSignature, address, consensusKey, consensusSignature, hash } from './identifiers.ts'

/** Amounts are base units: 10⁹ to a token. */
export const unitsPerToken = 1_000_000_000n

const transfer = struct('Transfer', { to: address, amount: u64(), memo: bytes({ max: 256 }) })

/** Registers the sender as a validator, or adds to its stake under the same key. Possession of the key is proved once: registration.ts. */
const registerValidator = struct('RegisterValidator', {
  consensusKey,
  possession: consensusSignature,
  stake: u64(),
})
const stake = struct('Stake', { amount: u64() })
const unstake = struct('Unstake', { amount: u64() })
/** Names the key with which the sender's machines prove to their peers that stake stands behind them. Replaces the one before. */
const delegateNetworkKey = struct('DelegateNetworkKey', {
  networkKey: accountKey,
  /** By the network key: delegation.ts. */
  possession: accountSignature,
})

/** Puts another key in the place of the sender's validator's. Possession is proved as in a registration. */
const rotateKey = struct('RotateKey', { consensusKey, possession: consensusSignature })
/** Adds the sender's stake to the validator of an operator, for a share of what it earns. */
const delegate = struct('Delegate', { operator: address, amount: u64() })
const undelegate = struct('Undelegate', { operator: address, amount: u64() })
/** Pays out what the sender has earned with the validator of an operator, as its delegator, or as the operator itself. */
const withdrawRewards = struct('WithdrawRewards', { operator: address })
/** The operator's part of what its delegators earn. */
const setCommission = struct('SetCommission', { basisPoints: uint({ max: 10_000 }) })
/** Brings back the sender's validator after it was jailed for absence. */
const unjail = struct('Unjail', {})

/** Asks the validators to change a parameter of the ledger, by the name it has in the chain spec. */
const proposeParameter = struct('ProposeParameter', { name: text({ max: 64 }), value: uint() })
/** The sender's validator's answer, with all the stake behind it. The latest one counts. */
const voteParameter = struct('VoteParameter', { proposal: uint(), approve: bool() })

/** What the built-in ledger can do. */
export const operationSchema = variant('Operation', {
  transfer: { tag: 1, schema: transfer },
  'register-validator': { tag: 2, schema: registerValidator },
  stake: { tag: 3, schema: stake },
  unstake: { tag: 4, schema: unstake },
  'delegate-network-key': { tag: 5, schema: delegateNetworkKey },
  'rotate-key': { tag: 6, schema: rotateKey },
  delegate: { tag: 7, schema: delegate },
  undelegate: { tag: 8, schema: undelegate },
  'withdraw-rewards': { tag: 9, schema: withdrawRewards },
  'set-commission': { tag: 10, schema: setCommission },
  unjail: { tag: 11, schema: unjail },
  'propose-parameter': { tag: 12, schema: proposeParameter },
  'vote-parameter': { tag: 13, schema: voteParameter },
})
export type Operation = Infer<typeof operationSchema>

const unsignedFields = {
  chainId: hash,
  sender: accountKey,
  /** Counts the sender's transactions, from 0. */
  nonce: uint(),
  /** Paid to the validators whether or not the operations succeed. */
  fee: u64(),
  /** The last height at which the transaction may stand in a block. */
  expiryHeight: uint(),
  /** Executed in order, all or nothing. */
  operations: list(operationSchema, { min: 1, max: 64 }),
} as const

export const unsignedTransactionSchema = struct('UnsignedTransaction', unsignedFields)
export type UnsignedTransaction = Infer<typeof unsignedTransactionSchema>

/** A signed transaction of the built-in ledger. Its id is the SHA-256 of its encoding. */
export const transactionSchema = struct('Transaction', { ...unsignedFields, signature: accountSignature })
export type Transaction = Infer<typeof transactionSchema>

/** The 32 bytes under a transaction's signature. The chain id is inside the encoding. */
export function transactionSignBytes(transaction: UnsignedTransaction): Hash {
  return taggedHash('synod/transaction', encode(unsignedTransactionSchema, transaction))
}
