import type { ConsensusKey } from '../../chain/identifiers.ts'
import type { Operation } from '../../chain/transaction.ts'
import { indexOfValidator, type Validator, type ValidatorSet } from '../../chain/validator-set.ts'
import { assert, unreachable } from '../../primitives/assert.ts'
import type { Event, ExecuteBlockRequest, ExecuteBlockResponse, TransactionResult } from '../application.ts'
import type { StateOverlay, StateWriter } from '../state.ts'
import type { LedgerContent } from './decode-transaction.ts'
import { delegateNetworkKey } from './network-key.ts'
import type { BlockProgress, LedgerRules, OperationContext } from './operation-context.ts'
import { type LedgerParameters, leastFee } from './parameters.ts'
import { type Account, readAccount, readOperator, readValidator, writeAccount } from './records.ts'
import { registerValidator } from './register-validator.ts'
import { type Outcome, resultCodes } from './result-codes.ts'
import { punish } from './slashing.ts'
import { stake } from './stake.ts'
import { transfer } from './transfer.ts'
import { releaseUnbonding } from './unbonding.ts'
import { unstake } from './unstake.ts'

/**
 * A block of the ledger, in this order: evidence is punished, due stake is freed, transactions are executed, their fees go to the
 * proposer's operator, and the validators' new powers follow from what is left at stake. Spec: docs/spec/ledger.md, "Execution".
 */
export function executeBlock(
  request: ExecuteBlockRequest<LedgerContent>,
  state: StateOverlay,
  rules: LedgerRules,
): ExecuteBlockResponse {
  const block: BlockProgress = { fees: 0n, registrations: 0, touched: new Map() }
  for (const evidence of request.evidence) punish(state, evidence, rules.parameters, block)
  releaseUnbonding(state, request.height)
  const results = request.transactions.map(({ content }) => execute(content, request.height, state, rules, block))
  payFees(state, request.proposer, block.fees)
  return { results, validatorUpdates: powerChanges(state, request.validators, block) }
}

function execute(
  content: LedgerContent,
  height: number,
  state: StateOverlay,
  rules: LedgerRules,
  block: BlockProgress,
): TransactionResult {
  const { transaction, sender, senderName } = content
  const before = readAccount(state, sender)
  const obstacle = obstacleTo(content, before, height, rules.parameters)
  if (obstacle) return resultOf(obstacle)

  const charged: Account = { balance: before.balance - transaction.fee, nonce: before.nonce + 1 }
  block.fees += transaction.fee
  const context: OperationContext = { state, rules, height, sender, senderName, account: charged, events: [], block }
  let outcome: Outcome = 'executed'
  const executed = state.attempt(() => {
    outcome = executeAll(context, transaction.operations)
    return outcome === 'executed'
  })
  writeAccount(state, sender, executed ? context.account : charged)
  return resultOf(outcome, executed ? context.events : [])
}

/** Why the transaction would be skipped: it must pay for its place before it can have any effect. */
function obstacleTo(
  { transaction }: LedgerContent,
  account: Account,
  height: number,
  parameters: LedgerParameters,
): Outcome | undefined {
  if (transaction.nonce < account.nonce) return 'nonce-too-low'
  if (transaction.nonce > account.nonce) return 'nonce-too-high'
  if (transaction.expiryHeight < height) return 'expired'
  if (transaction.fee < leastFee(parameters, transaction.operations)) return 'underpaid'
  if (transaction.fee > account.balance) return 'fee-unaffordable'
  return undefined
}

function executeAll(context: OperationContext, operations: readonly Operation[]): Outcome {
  for (const operation of operations) {
    const outcome = executeOperation(context, operation)
    if (outcome !== 'executed') return outcome
  }
  return 'executed'
}

function executeOperation(context: OperationContext, operation: Operation): Outcome {
  switch (operation.type) {
    case 'transfer':
      return transfer(context, operation)
    case 'register-validator':
      return registerValidator(context, operation)
    case 'stake':
      return stake(context, operation)
    case 'unstake':
      return unstake(context, operation)
    case 'delegate-network-key':
      return delegateNetworkKey(context, operation)
    default:
      return unreachable(operation)
  }
}

function payFees(state: StateWriter, proposer: ConsensusKey, fees: bigint): void {
  if (fees === 0n) return
  const operator = readOperator(state, proposer)
  assert(operator, 'a proposer is a validator, and every validator has an operator')
  const account = readAccount(state, operator)
  writeAccount(state, operator, { ...account, balance: account.balance + fees })
}

function powerChanges(state: StateOverlay, validators: ValidatorSet, block: BlockProgress): readonly Validator[] {
  const updates: Validator[] = []
  for (const operator of block.touched.values()) {
    const validator = readValidator(state, operator)
    if (!validator) continue // Touched by a registration that came to nothing.
    const power = validator.jailed ? 0n : validator.stake
    const index = indexOfValidator(validators, validator.consensusKey)
    const current = index === undefined ? 0n : (validators.validators[index] as Validator).power
    if (power !== current) updates.push({ consensusKey: validator.consensusKey, power })
  }
  return updates
}

const nothing = new Uint8Array(0)

function resultOf(outcome: Outcome, events: readonly Event[] = []): TransactionResult {
  return { code: resultCodes[outcome].code, data: nothing, events }
}
