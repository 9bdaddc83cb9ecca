import { z } from 'zod'
import { encodeAddress } from '../crypto/address.ts'
import { type Hash, taggedHash } from '../crypto/hash.ts'
import { toHex, utf8 } from '../primitives/bytes.ts'
import { formatTokens } from './amount.ts'
import { canonicalJson } from './canonical-json.ts'
import type { AccountKey, Address, ChainId, ConsensusKey, ConsensusSignature } from './identifiers.ts'

/**
 * Everything in which honest nodes must agree, as `chain.toml` states it. Its canonical form is hashed into the chain id, which is
 * part of everything that is signed. One strict schema gives the type, the defaults, the commented template, the JSON Schema and the
 * reference. Spec: docs/spec/chain-spec.md.
 */
const milliseconds = z.int().min(0).max(3_600_000)

const timestamp = z
  .union([z.int().min(0), z.string()])
  .describe('Time of genesis: a date and time with its offset, or milliseconds since the Unix epoch.')

const tokens = z.union([
  z.int().min(0),
  z.string().regex(/^[0-9][0-9_]*(\.[0-9]{1,9})?$/, 'an amount of tokens: 1500, "1_500" or "0.25"'),
])

const hexadecimal = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `${bytes} bytes in lower-case hexadecimal`)

/** The name of a DNS seed. */
export const seedName = z
  .string()
  .regex(
    /^(?=.{1,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'a name such as seed.example.org, in lower case',
  )

const chainSectionSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens, at most 48')
    .describe('Name of the network, for people.'),
  protocol_version: z.int().min(1).max(1).default(1).describe('Version of the protocol the chain starts with.'),
  address_prefix: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,15}$/, 'a lower-case letter, then at most 15 letters and digits')
    .default('synod')
    .describe('What addresses begin with, before the 1: an address of another network is noticed.'),
  genesis_time: timestamp,
  magic: z
    .string()
    .regex(/^[0-9a-f]{8}$/, 'four bytes in lower-case hexadecimal')
    .default('53594e44')
    .describe('Four bytes that tell this network’s traffic from other networks’ at a glance.'),
  port: z.int().min(1).max(65_535).default(26_600).describe('Port on which nodes listen unless they say otherwise.'),
  dns_seeds: z
    .array(seedName)
    .max(16)
    .default([])
    .describe('Names that DNS seeds of the network serve: where a new node finds its first peers. Not part of the chain’s id.'),
  seed_keys: z
    .array(hexadecimal(32))
    .max(8)
    .default([])
    .describe('Ed25519 public keys that sign the seeds’ lists of peers, in hexadecimal. Not part of the chain’s id.'),
  upgrades: z
    .array(z.strictObject({ height: z.int().min(2), version: z.int().min(2).max(65_535) }))
    .max(64)
    .default([])
    .describe(
      'Versions of the protocol and the heights from which on they hold, such as [{ height = 500000, version = 2 }], as the operators have agreed. Not part of the chain’s id: a chain outlives its rules.',
    ),
})

export const consensusParametersSchema = z.strictObject({
  interval_ms: z.int().min(0).max(600_000).default(1000).describe('Time between blocks. 0: as fast as votes travel.'),
  schedule: z
    .enum(['paced', 'fixed'])
    .default('paced')
    .describe(
      'paced: an interval after the previous block. fixed: block h is due at genesis + h × interval; a chain behind it catches up.',
    ),
  empty_blocks: z.boolean().default(true).describe('Whether blocks without transactions are made.'),
  propose_timeout_ms: milliseconds.default(1500).describe('Longest wait for a proposal in round 0.'),
  prevote_timeout_ms: milliseconds.default(500).describe('Longest wait for the last prevotes once two thirds have voted.'),
  precommit_timeout_ms: milliseconds.default(500).describe('Longest wait for the last precommits once two thirds have voted.'),
  timeout_growth_ms: milliseconds.default(500).describe('Added to each timeout for every further round.'),
  timeout_max_ms: milliseconds.default(20_000).describe('Bound of every timeout.'),
  precision_ms: milliseconds.default(500).describe('How far honest clocks may stand apart.'),
  message_delay_ms: milliseconds.default(2000).describe('How long a proposal may travel in round 0 and still be called timely.'),
})
export type ConsensusParameters = z.output<typeof consensusParametersSchema>

export const limitsSchema = z.strictObject({
  block_transactions_max: z.int().min(1).max(65_536).default(10_000).describe('Transactions in a block.'),
  // A whole block fits into one record of the consensus log and one part of an answer: 8 MiB, with its frame around it.
  block_bytes_max: z.int().min(1024).max(7_340_032).default(4_194_304).describe('Bytes of a block’s transactions.'),
  transaction_bytes_max: z.int().min(128).max(32_768).default(16_384).describe('Bytes of one transaction.'),
  evidence_age_blocks: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('Blocks after which misbehaviour is no longer punished.'),
})
export type Limits = z.output<typeof limitsSchema>

const applicationSectionSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a lower-case letter, then letters, digits and hyphens')
    .default('ledger')
    .describe('The state machine the chain runs. A table of the same name holds its parameters.'),
})

const genesisValidatorSchema = z.strictObject({
  consensus_key: hexadecimal(48).describe('BLS12-381 public key that signs its votes, in hexadecimal.'),
  possession: hexadecimal(96).describe('Proof that the owner holds the secret key, in hexadecimal: `synod keys show` prints it.'),
  power: tokens.describe('Voting power: its stake, in tokens.'),
  operator: z
    .string()
    .optional()
    .describe('Address of the account that operates it: gets its fees and may unstake. Needed by the ledger.'),
  network_key: hexadecimal(32)
    .optional()
    .describe(
      'Ed25519 public key, in hexadecimal, that speaks for its stake from the first block on, as if its operator had delegated it: `synod keys show` prints it.',
    ),
})

const genesisAccountSchema = z.strictObject({
  address: z.string().describe('bech32m, with the chain’s prefix.'),
  balance: tokens.describe('First balance, in tokens.'),
})

/** All of `chain.toml` but the application's own table, whose schema is the application's. */
export const chainSpecSchema = z.strictObject({
  chain: chainSectionSchema.describe('What the network is called and how it is recognised.'),
  consensus: consensusParametersSchema.prefault({}).describe('How blocks are agreed on, and how often.'),
  limits: limitsSchema.prefault({}).describe('The size of things.'),
  application: applicationSectionSchema.prefault({}).describe('What the chain computes.'),
  validators: z.array(genesisValidatorSchema).min(1).max(1024).describe('Who decides the first block. At least one.'),
  accounts: z
    .array(genesisAccountSchema)
    .max(1_000_000)
    .default([])
    .describe('Who owns what when the chain starts. Each address once.'),
})
export type ChainSpecFile = z.output<typeof chainSpecSchema>

/** A chain spec that has been checked: consistent in itself, keys proved, everything decoded, and frozen. Made by `parseChainSpec`. */
export interface ChainSpec {
  readonly chain: Readonly<Omit<ChainSpecFile['chain'], 'genesis_time'>> & {
    /** Milliseconds since the Unix epoch. */
    readonly genesis_time: number
  }
  readonly consensus: Readonly<ConsensusParameters>
  readonly limits: Readonly<Limits>
  readonly application: {
    readonly name: string
    /** The table of the application's name, as it stands in the file: the application's own schema checks it. */
    readonly parameters: Readonly<Record<string, unknown>>
  }
  readonly validators: readonly GenesisValidator[]
  readonly accounts: readonly GenesisAccount[]
}

export interface GenesisValidator {
  readonly consensusKey: ConsensusKey
  /** Holds: it has been verified. */
  readonly possession: ConsensusSignature
  /** Base units, positive. */
  readonly power: bigint
  readonly operator: Address | undefined
  /** Speaks for the validator's stake among peers; only where there is an operator. */
  readonly networkKey?: AccountKey | undefined
}

export interface GenesisAccount {
  readonly address: Address
  /** Base units. */
  readonly balance: bigint
}

/** The chain's identity: the hash of the whole spec, defaults filled in. Two files that differ in comments or order are one chain. */
export function chainIdOf(spec: ChainSpec): ChainId {
  return taggedHash('synod/chain-spec', utf8(canonicalChainSpec(spec)))
}

/** What a header's parameters hash stands for: the rules in force, without names, people and balances. */
export function parametersHash({ chain, consensus, limits, application }: ChainSpec): Hash {
  const { protocol_version } = chain
  return taggedHash('synod/parameters', utf8(canonicalJson({ protocol_version, consensus, limits, application })))
}

/** The text under the chain id. Where peers are found is not in it: a chain outlives the names and keys of those who help to find it. */
export function canonicalChainSpec(spec: ChainSpec): string {
  const { address_prefix } = spec.chain
  const validators = spec.validators.map(({ consensusKey, possession, power, operator, networkKey }) => ({
    consensus_key: toHex(consensusKey),
    possession: toHex(possession),
    power: formatTokens(power),
    ...(operator && { operator: encodeAddress(address_prefix, operator) }),
    ...(networkKey && { network_key: toHex(networkKey) }),
  }))
  const accounts = spec.accounts.map(({ address, balance }) => ({
    address: encodeAddress(address_prefix, address),
    balance: formatTokens(balance),
  }))
  const { dns_seeds: _seeds, seed_keys: _keys, upgrades: _upgrades, ...chain } = spec.chain
  return canonicalJson({ ...spec, chain, validators, accounts })
}
