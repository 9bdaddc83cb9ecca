/** A ledger driven block by block, with keys that really sign and no network. */
import type { DecodedTransaction, LastCommit, TransactionResult } from '../../src/application/application.ts'
import type { LedgerContent } from '../../src/application/ledger/decode-transaction.ts'
import { ledgerApplication } from '../../src/application/ledger/ledger-application.ts'
import { ledgerParametersSchema } from '../../src/application/ledger/parameters.ts'
import {
  type Account,
  type LedgerValidator,
  readAccount,
  readTotals,
  readValidator,
  type Totals,
} from '../../src/application/ledger/records.ts'
import { resultCodeName } from '../../src/application/ledger/result-codes.ts'
import { createOverlay } from '../../src/application/overlay.ts'
import type { StateOverlay } from '../../src/application/state.ts'
import { bitmapOf } from '../../src/chain/bitmap.ts'
import { transactionId } from '../../src/chain/block.ts'
import type { ChainParameters } from '../../src/chain/changed-parameters.ts'
import type { Evidence } from '../../src/chain/evidence.ts'
import type { Address } from '../../src/chain/identifiers.ts'
import { proveRegistration } from '../../src/chain/registration.ts'
import { type Operation, transactionSchema, transactionSignBytes, unitsPerToken } from '../../src/chain/transaction.ts'
import { type Validator, type ValidatorSet, validatorSet } from '../../src/chain/validator-set.ts'
import { precommit, prevote } from '../../src/chain/vote.ts'
import { encode } from '../../src/codec/codec.ts'
import { addressOf, encodeAddress } from '../../src/crypto/address.ts'
import { type BlsKeypair, blsKeypair } from '../../src/crypto/bls.ts'
import { type Ed25519Keypair, ed25519Keypair, ed25519Sign } from '../../src/crypto/ed25519.ts'
import type { Bytes } from '../../src/primitives/bytes.ts'
import { toHex } from '../../src/primitives/bytes.ts'

export const chainId = new Uint8Array(32).fill(7)
const addressPrefix = 'test'
export const tokens = (count: number): bigint => BigInt(count) * unitsPerToken

/** Someone with an account and, should they want it, a validator's key. */
export interface Person {
  readonly name: string
  readonly keypair: Ed25519Keypair
  readonly consensus: BlsKeypair
  readonly address: Address
}

const peopleByName = new Map<string, Person>()

export function person(name: string): Person {
  const known = peopleByName.get(name)
  if (known) return known
  const seed = new Uint8Array(32)
  new TextEncoder().encodeInto(name, seed)
  const keypair = ed25519Keypair(seed)
  const created = { name, keypair, consensus: blsKeypair(seed), address: addressOf(keypair.publicKey) }
  peopleByName.set(name, created)
  return created
}

export interface TransactionFields {
  readonly nonce?: number
  readonly fee?: bigint
  readonly expiryHeight?: number
  readonly chainId?: Bytes
}

export function signedTransaction(from: Person, operations: readonly Operation[], fields: Required<TransactionFields>): Bytes {
  const unsigned = { ...fields, sender: from.keypair.publicKey, operations }
  return encode(transactionSchema, { ...unsigned, signature: ed25519Sign(from.keypair, transactionSignBytes(unsigned)) })
}

export function transferTo(to: Person, amount: bigint): Operation {
  return { type: 'transfer', to: to.address, amount, memo: new Uint8Array(0) }
}

export function registration(of: Person, stake: bigint): Operation {
  const { consensus, address } = of
  const possession = proveRegistration(consensus, chainId, address)
  return { type: 'register-validator', consensusKey: consensus.publicKey, possession, stake }
}

/** Of the validator that somebody operates, to the key of somebody. */
export function rotation({ address }: Person, { consensus }: Person): Operation {
  const possession = proveRegistration(consensus, chainId, address)
  return { type: 'rotate-key', consensusKey: consensus.publicKey, possession }
}

/** Two votes of one round for different blocks. The ledger takes it as proved; who checks signatures is the node. */
export function doubleVote(by: Person, height: number): Evidence {
  const vote = (fill: number) => ({ kind: prevote, height, round: 0, blockHash: new Uint8Array(32).fill(fill) })
  const signature = new Uint8Array(96)
  return {
    type: 'duplicate-vote',
    consensusKey: by.consensus.publicKey,
    first: vote(1),
    firstSignature: signature,
    second: vote(2),
    secondSignature: signature,
  }
}

/** Two commits of one height, in different rounds unless told otherwise, signed by both. The ledger takes it as proved. */
export function falseHeader(by: Person, height: number, { sameRound = false } = {}): Evidence {
  const vote = (fill: number) => ({
    kind: precommit,
    height,
    round: sameRound ? 0 : fill,
    blockHash: new Uint8Array(32).fill(fill),
  })
  const signature = new Uint8Array(96)
  return {
    type: 'conflicting-certificates',
    consensusKey: by.consensus.publicKey,
    first: vote(1),
    firstSignature: signature,
    second: vote(2),
    secondSignature: signature,
    keys: [by.consensus.publicKey],
    firstSigners: Uint8Array.of(1),
    secondSigners: Uint8Array.of(1),
    headers: undefined,
    possessions: [],
  }
}

/**
 * @param options.balances in tokens, by name. @param options.validators stakes in tokens, by the operator's name; the first proposes.
 * @param options.parameters where they differ from the defaults.
 */
export function createLedgerWorld(options: {
  balances: Readonly<Record<string, number>>
  validators: Readonly<Record<string, number>>
  parameters?: Readonly<Record<string, number>>
  evidenceAgeBlocks?: number
  /** The chain spec's rules beyond the ledger; none of them is voted on unless given. */
  chain?: ChainParameters
}) {
  const parameters = ledgerParametersSchema.parse(options.parameters ?? {})
  const { evidenceAgeBlocks = 0, chain } = options
  const application = ledgerApplication({ chainId, addressPrefix, parameters, evidenceAgeBlocks, ...(chain && { chain }) })
  const state: StateOverlay = createOverlay({ get: () => undefined })
  const genesisValidators: Validator[] = Object.entries(options.validators).map(([name, stake]) => ({
    consensusKey: person(name).consensus.publicKey,
    power: tokens(stake),
  }))
  const named = (name: string): string => encodeAddress(addressPrefix, person(name).address)
  const appState = {
    accounts: Object.entries(options.balances).map(([name, balance]) => ({
      address: named(name),
      balance: `${tokens(balance)}`,
    })),
    operators: Object.keys(options.validators).map((name) => ({
      consensus_key: toHex(person(name).consensus.publicKey),
      address: named(name),
    })),
  }
  application.initChain({ chainId, time: 0, validators: genesisValidators, appState }, state)
  const proposer = person(Object.keys(options.validators)[0] as string)
  let validators: ValidatorSet = validatorSet(genesisValidators)
  let decided: ValidatorSet | undefined
  let absent: readonly Person[] = []
  let height = 0

  /** Signed by everybody who is not away. */
  function lastCommit(): LastCommit | undefined {
    if (!decided) return undefined
    const away = new Set(absent.map((each) => toHex(each.consensus.publicKey)))
    const present = [...decided.validators.keys()].filter((index) => !away.has(toHex(decided!.validators[index]!.consensusKey)))
    return { round: 0, validators: decided, signers: bitmapOf(present, decided.validators.length) }
  }

  function decode(encoded: Bytes): DecodedTransaction<LedgerContent> {
    const decoded = application.decodeTransaction(encoded)
    if (!decoded.ok) throw new Error(decoded.error.code)
    return { ...decoded.value, id: transactionId(encoded), encoded }
  }

  function execute(transactions: readonly DecodedTransaction<LedgerContent>[], evidence: readonly Evidence[] = []) {
    height += 1
    const [first] = validators.validators
    const named = validators.validators.find(({ consensusKey }) => toHex(consensusKey) === toHex(proposer.consensus.publicKey))
    const request = {
      height,
      time: height,
      proposer: (named ?? first)!.consensusKey,
      validators,
      lastCommit: lastCommit(),
      evidence,
      transactions,
    }
    const response = application.executeBlock(request, state)
    const powers = new Map(validators.validators.map((validator) => [toHex(validator.consensusKey), validator]))
    for (const update of response.validatorUpdates) powers.set(toHex(update.consensusKey), update)
    decided = validators
    validators = validatorSet([...powers.values()])
    return response
  }

  return {
    application,
    parameters,
    state,
    height: () => height,
    validators: () => validators,
    account: (of: Person): Account => readAccount(state, of.address),
    validator: (of: Person): LedgerValidator | undefined => readValidator(state, of.address),
    totals: (): Totals => readTotals(state),
    powerOf: (of: Person): bigint => powerIn(validators, of),

    /** A signed transaction with the sender's next nonce and a sufficient fee, unless told otherwise. */
    transaction(
      from: Person,
      operations: readonly Operation[],
      fields: TransactionFields = {},
    ): DecodedTransaction<LedgerContent> {
      const { nonce } = readAccount(state, from.address)
      return decode(signedTransaction(from, operations, { chainId, nonce, fee: 10_000_000n, expiryHeight: 1_000_000, ...fields }))
    },

    execute,

    /** From the next block's commit on, these do not sign. */
    away(...people: readonly Person[]): void {
      absent = people
    },

    /** Executes a block and returns the results by name. */
    block(transactions: readonly DecodedTransaction<LedgerContent>[], evidence: readonly Evidence[] = []): readonly string[] {
      return execute(transactions, evidence).results.map(nameOf)
    },

    emptyBlocks(count: number): void {
      for (let block = 0; block < count; block++) execute([])
    },
  }
}

export type LedgerWorld = ReturnType<typeof createLedgerWorld>

function nameOf(result: TransactionResult): string {
  return resultCodeName(result.code) ?? `unknown ${result.code}`
}

function powerIn(set: ValidatorSet, of: Person): bigint {
  const key = toHex(of.consensus.publicKey)
  return set.validators.find((validator) => toHex(validator.consensusKey) === key)?.power ?? 0n
}
