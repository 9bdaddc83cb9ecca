import { join } from 'node:path'
import { loadKeyFile } from '../../adapters/file/key-file.ts'
import { parseTokens } from '../../chain/amount.ts'
import type { ChainSpec } from '../../chain/chain-spec.ts'
import type { Address } from '../../chain/identifiers.ts'
import { proveRegistration } from '../../chain/registration.ts'
import type { Operation } from '../../chain/transaction.ts'
import { addressOf, decodeAddress } from '../../crypto/address.ts'
import { blsKeypair } from '../../crypto/bls.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Console } from '../frame/command.ts'
import { type SigningOptions, sendOperation } from '../tx/send-operation.ts'
import { trustedChain } from '../tx/trusted-chain.ts'

interface Invoked<Options> {
  readonly options: Options & SigningOptions
  readonly console: Console
}

interface WithAmount {
  readonly amount: string
}

interface WithOperator {
  readonly operator: string
}

export async function runRegister(invocation: Invoked<WithAmount>): Promise<number> {
  const stake = amountOf(invocation.options)
  const chain = await ledgerChain(invocation)
  return sendOperation({
    ...invocation,
    chain,
    async operationOf(sender, _openKey, { keysDirectory, passphrase }) {
      const path = join(keysDirectory, 'validator.key')
      const seed = await loadKeyFile({ path, kind: 'validator', passphrase })
      if (!seed) throw new OperationalError('KEY_FILE_MISSING', 'This home has no validator key.', { where: path })
      const keypair = blsKeypair(seed)
      const possession = proveRegistration(keypair, chain.trust.chainId, addressOf(sender.publicKey))
      return { type: 'register-validator', consensusKey: keypair.publicKey, possession, stake }
    },
  })
}

export async function runStake(invocation: Invoked<WithAmount>): Promise<number> {
  return send(invocation, () => ({ type: 'stake', amount: amountOf(invocation.options) }))
}

export async function runUnstake(invocation: Invoked<WithAmount>): Promise<number> {
  return send(invocation, () => ({ type: 'unstake', amount: amountOf(invocation.options) }))
}

export async function runCommission(invocation: Invoked<{ readonly 'basis-points': number }>): Promise<number> {
  return send(invocation, () => ({ type: 'set-commission', basisPoints: invocation.options['basis-points'] }))
}

export async function runUnjail(invocation: Invoked<object>): Promise<number> {
  return send(invocation, () => ({ type: 'unjail' }))
}

export async function runDelegate(invocation: Invoked<WithAmount & WithOperator>): Promise<number> {
  const { options } = invocation
  return send(invocation, (spec) => ({ type: 'delegate', operator: operatorOf(options, spec), amount: amountOf(options) }))
}

export async function runUndelegate(invocation: Invoked<WithAmount & WithOperator>): Promise<number> {
  const { options } = invocation
  return send(invocation, (spec) => ({ type: 'undelegate', operator: operatorOf(options, spec), amount: amountOf(options) }))
}

export async function runWithdraw(invocation: Invoked<WithOperator>): Promise<number> {
  return send(invocation, (spec) => ({ type: 'withdraw-rewards', operator: operatorOf(invocation.options, spec) }))
}

export async function runPropose(invocation: Invoked<{ readonly parameter: string; readonly value: number }>): Promise<number> {
  const { parameter: name, value } = invocation.options
  return send(invocation, () => ({ type: 'propose-parameter', name, value }))
}

export async function runVote(invocation: Invoked<{ readonly proposal: number; readonly against: boolean }>): Promise<number> {
  const { proposal, against } = invocation.options
  return send(invocation, () => ({ type: 'vote-parameter', proposal, approve: !against }))
}

/** What can be wrong with the operation is said before the passphrase is asked for. */
async function send(invocation: Invoked<object>, make: (spec: ChainSpec) => Operation): Promise<number> {
  const chain = await ledgerChain(invocation)
  const operation = make(chain.spec)
  return sendOperation({ ...invocation, chain, operationOf: async () => operation })
}

/** The chain this home trusts, which must run the ledger. */
export async function ledgerChain({ options, console }: Invoked<object>): ReturnType<typeof trustedChain> {
  const chain = await trustedChain(options, console)
  const { name } = chain.spec.application
  if (name === 'ledger') return chain
  throw new OperationalError('USAGE_INVALID', `Validators stake in the ledger, and this chain runs ${name}.`)
}

function amountOf({ amount: tokens }: WithAmount): bigint {
  const amount = parseTokens(tokens)
  if (amount !== undefined && amount > 0n) return amount
  throw new OperationalError('USAGE_INVALID', 'After --amount stands an amount of tokens, such as 1500 or 0.25.')
}

function operatorOf({ operator: text }: WithOperator, { chain: { address_prefix: prefix } }: ChainSpec): Address {
  const operator = decodeAddress(prefix, text)
  if (operator.ok) return operator.value
  throw new OperationalError('USAGE_INVALID', `After --operator stands an address of this chain, which begins with ${prefix}1.`)
}
