import { z } from 'zod'
import type { AccountKey, Address } from '../../chain/identifiers.ts'
import type { Validator } from '../../chain/validator-set.ts'
import { decodeAddress } from '../../crypto/address.ts'
import { bytesKey, fromHex, toHex } from '../../primitives/bytes.ts'
import type { Result } from '../../primitives/result.ts'
import type { StateWriter } from '../state.ts'
import { zeroFixed } from './fixed-point.ts'
import { networkKeyStakeMin, writeNetworkKey } from './network-key.ts'
import type { LedgerParameters } from './parameters.ts'
import { newValidator, writeAccount, writeOperator, writeTotals, writeValidator } from './records.ts'

const amountMax = 0xffff_ffff_ffff_ffffn

const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/)
  .describe('Base units, 10⁹ to a token, in decimal.')

/** The ledger's part of a chain spec's genesis: who owns what, and whose validators the first ones are. */
export const ledgerGenesisSchema = z.strictObject({
  accounts: z
    .array(z.strictObject({ address: z.string().describe('bech32m, with the chain’s prefix.'), balance: amount }))
    .default([])
    .describe('First balances. Each address once.'),
  operators: z
    .array(
      z.strictObject({
        consensus_key: z
          .string()
          .regex(/^[0-9a-f]{96}$/)
          .describe('A first validator’s BLS key, hexadecimal.'),
        address: z.string().describe('The account that operates it: receives its fees, may unstake.'),
        network_key: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional()
          .describe('An Ed25519 key that it has delegated, hexadecimal.'),
      }),
    )
    .min(1)
    .describe('The operating account of each first validator. Its voting power is its stake, beside the balances.'),
})
export type LedgerGenesisSpec = z.output<typeof ledgerGenesisSchema>

export interface LedgerGenesis {
  readonly accounts: readonly { readonly address: Address; readonly balance: bigint }[]
  readonly validators: readonly GenesisOperator[]
  /** Everything there is: balances and stakes. */
  readonly issued: bigint
}

interface GenesisOperator {
  readonly operator: Address
  readonly validator: Validator
  readonly networkKey: AccountKey | undefined
}

/** The genesis in the ledger's own terms, or, in words, what is wrong with it. */
export function readLedgerGenesis(options: {
  appState: unknown
  addressPrefix: string
  validators: readonly Validator[]
  parameters: LedgerParameters
}): Result<LedgerGenesis, string> {
  const parsed = ledgerGenesisSchema.safeParse(options.appState)
  if (!parsed.success) return wrong(z.prettifyError(parsed.error))
  const accounts = readAccounts(parsed.data, options.addressPrefix)
  if (!accounts.ok) return accounts
  const validators = readOperators(parsed.data, options.addressPrefix, options.validators, options.parameters)
  if (!validators.ok) return validators
  let issued = 0n
  for (const { balance } of accounts.value) issued += balance
  for (const { validator } of validators.value) issued += validator.power
  if (issued > amountMax) return wrong('balances and stakes add up to more than 2⁶⁴ − 1 base units')
  return { ok: true, value: { accounts: accounts.value, validators: validators.value, issued } }
}

/** The first state of the ledger. */
export function writeLedgerGenesis(state: StateWriter, { accounts, validators, issued }: LedgerGenesis): void {
  for (const { address, balance } of accounts) writeAccount(state, address, { balance, nonce: 0 })
  let together = 0n
  for (const { operator, validator, networkKey } of validators) {
    const { consensusKey, power } = validator
    writeValidator(state, operator, newValidator(consensusKey, power, zeroFixed))
    together += power
    writeOperator(state, consensusKey, operator)
    if (networkKey) writeNetworkKey(state, operator, networkKey)
  }
  writeTotals(state, { issued, burned: 0n, validators: validators.length, power: together, idle: 0n })
}

function readAccounts({ accounts }: LedgerGenesisSpec, prefix: string): Result<LedgerGenesis['accounts'], string> {
  const seen = new Set<string>()
  const read: { readonly address: Address; readonly balance: bigint }[] = []
  for (const { address: text, balance } of accounts) {
    const address = decodeAddress(prefix, text)
    if (!address.ok) return wrong(`account ${text}: ${address.error.code}`)
    if (seen.has(bytesKey(address.value))) return wrong(`account ${text} stands twice in the genesis`)
    if (BigInt(balance) > amountMax) return wrong(`account ${text}: the balance exceeds 2⁶⁴ − 1 base units`)
    seen.add(bytesKey(address.value))
    read.push({ address: address.value, balance: BigInt(balance) })
  }
  return { ok: true, value: read }
}

/** Every first validator has one operator, every operator one validator. */
function readOperators(
  { operators }: LedgerGenesisSpec,
  prefix: string,
  validators: readonly Validator[],
  parameters: LedgerParameters,
): Result<LedgerGenesis['validators'], string> {
  const unclaimed = new Map(validators.map((validator) => [toHex(validator.consensusKey), validator]))
  const seen = new Set<string>()
  const networkKeys = new Set<string>()
  const read: GenesisOperator[] = []
  for (const { consensus_key: key, address: text, network_key: networkKey } of operators) {
    const validator = unclaimed.get(key)
    if (!validator) return wrong(`operator ${text}: ${key} is not the key of a first validator, or has an operator already`)
    const operator = decodeAddress(prefix, text)
    if (!operator.ok) return wrong(`operator ${text}: ${operator.error.code}`)
    if (seen.has(bytesKey(operator.value))) return wrong(`operator ${text} operates two validators`)
    if (validator.power < BigInt(parameters.minimum_stake)) {
      return wrong(
        `validator ${key}: a stake of ${validator.power} is below the minimum of ${parameters.minimum_stake} base units`,
      )
    }
    if (networkKey !== undefined && validator.power < networkKeyStakeMin) {
      return wrong(`validator ${key}: its stake is too low for a network key, which needs ${networkKeyStakeMin} base units`)
    }
    if (networkKey !== undefined && networkKeys.has(networkKey)) return wrong(`network key ${networkKey} stands twice`)
    if (networkKey !== undefined) networkKeys.add(networkKey)
    unclaimed.delete(key)
    seen.add(bytesKey(operator.value))
    read.push({ operator: operator.value, validator, networkKey: networkKey === undefined ? undefined : fromHex(networkKey) })
  }
  const [orphan] = unclaimed.keys()
  return orphan === undefined ? { ok: true, value: read } : wrong(`validator ${orphan} has no operator`)
}

function wrong(error: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error }
}
