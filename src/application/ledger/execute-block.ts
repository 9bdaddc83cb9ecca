import type { Operation } from '../../chain/transaction.ts'
import { indexOfValidator, type Validator, type ValidatorSet } from '../../chain/validator-set.ts'
import { unreachable } from '../../primitives/assert.ts'
import { bytesEqual } from '../../primitives/bytes.ts'
import type { Event, ExecuteBlockRequest, ExecuteBlockResponse, TransactionResult } from '../application.ts'
import type { StateOverlay } from '../state.ts'
import { setCommission } from './commission.ts'
import type { LedgerContent } from './decode-transaction.ts'
import { delegate, undelegate, withdrawRewards } from './delegate.ts'
import { watchAttendance } from './downtime.ts'
import { closeVotes, proposeParameter, rulesIn, voteParameter } from './governance.ts'
import { delegateNetworkKey } from './network-key.ts'
import type { BlockProgress, LedgerRules, OperationContext } from './operation-context.ts'
import { type LedgerParameters, leastFee } from './parameters.ts'
import { type Account, readAccount, readOperator, readValidator, writeAccount } from './records.ts'
import { registerValidator } from './register-validator.ts'
import { type Outcome, resultCodes } from './result-codes.ts'
import { distribute, payIn, powerOf } from './rewards.ts'
import { rotateKey } from './rotate-key.ts'
import { punish } from './slashing.ts'
import { stake } from './stake.ts'
import { transfer } from './transfer.ts'
import { releaseUnbonding } from './unbonding.ts'
import { unjail } from './unjail.ts'
import { unstake } from './unstake.ts'

/**
 * A block of the ledger, in this order: who signed the last block gets its fees, evidence and absence are punished, due stake is freed,
 * transactions are executed, their fees are paid in, votes that end are counted, and the validators' new powers follow from what is
 * left at stake.
 * Spec: docs/spec/ledger.md, "Execution".
 */
export function executeBlock(
  request: ExecuteBlockRequest<LedgerContent>,
  state: StateOverlay,
  spec: LedgerRules,
): ExecuteBlockResponse {
  const { height, validators, lastCommit } = request
  const rules = rulesIn(state, spec)
  const { parameters } = rules
  const block: BlockProgress = { fees: 0n, registrations: 0, touched: new Map(), formerKeys: new Map() }
  distribute(state, validators, lastCommit)
  for (const evidence of request.evidence) punish(state, evidence, height, parameters, block)
  watchAttendance(state, request, parameters, block)
  releaseUnbonding(state, height)
  const results = request.transactions.map(({ content }) => execute(content, height, state, rules, block))
  payIn(state, request.proposer, block.fees, parameters)
  closeVotes(state, height, validators, rules)
  return { results, validatorUpdates: powerChanges(state, validators, block) }
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
    case 'rotate-key':
      return rotateKey(context, operation)
    case 'delegate':
      return delegate(context, operation)
    case 'undelegate':
      return undelegate(context, operation)
    case 'withdraw-rewards':
      return withdrawRewards(context, operation)
    case 'set-commission':
      return setCommission(context, operation)
    case 'unjail':
      return unjail(context)
    case 'propose-parameter':
      return proposeParameter(context, operation)
    case 'vote-parameter':
      return voteParameter(context, operation)
    default:
      return unreachable(operation)
  }
}

/** Who votes with which power from the next height on, where that differs from the set in force. */
function powerChanges(state: StateOverlay, validators: ValidatorSet, block: BlockProgress): readonly Validator[] {
  const updates: Validator[] = []
  for (const consensusKey of block.formerKeys.values()) {
    const operator = readOperator(state, consensusKey)
    const isReplaced = operator && !bytesEqual(readValidator(state, operator)?.consensusKey ?? nothing, consensusKey)
    if (isReplaced && indexOfValidator(validators, consensusKey) !== undefined) updates.push({ consensusKey, power: 0n })
  }
  for (const operator of block.touched.values()) {
    const validator = readValidator(state, operator)
    if (!validator) continue // Touched by a registration that came to nothing.
    const power = powerOf(validator)
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
