import type { Application } from '../../../application/application.ts'
import { ledgerApplication } from '../../../application/ledger/ledger-application.ts'
import { ledgerParametersSchema } from '../../../application/ledger/parameters.ts'
import { type ChainSpec, chainIdOf, consensusParametersSchema, limitsSchema } from '../../../chain/chain-spec.ts'
import type { ChainId } from '../../../chain/identifiers.ts'
import { unitsPerToken } from '../../../chain/transaction.ts'
import { addressOf } from '../../../crypto/address.ts'
import { blsKeypair, provePossession } from '../../../crypto/bls.ts'
import { type Ed25519Keypair, ed25519Keypair } from '../../../crypto/ed25519.ts'
import { taggedHash } from '../../../crypto/hash.ts'
import { type Bytes, utf8 } from '../../../primitives/bytes.ts'
import { unsignedApplication } from './unsigned-application.ts'

/** What the load is made of. */
export const workloads = ['transfers', 'operations', 'unsigned'] as const
export type BenchWorkload = (typeof workloads)[number]

/** A chain, of four unless told otherwise, made for measuring. Its keys follow from their numbers, so that every process makes the same ones. */
export interface BenchChain {
  readonly spec: ChainSpec
  readonly chainId: ChainId
  readonly application: Application
  readonly accounts: readonly Ed25519Keypair[]
}

export const benchValidators = 4
const accountCount = 256

export function benchSeed(kind: string, index: number): Bytes {
  return taggedHash('synod/bench-key', utf8(`${kind} ${index}`))
}

export function createBenchChain(
  workload: BenchWorkload,
  genesisTime: number,
  options: { readonly validators?: number; readonly consensus?: Readonly<Record<string, unknown>> } = {},
): BenchChain {
  const { validators = benchValidators, consensus = { interval_ms: 0, empty_blocks: false } } = options
  const accounts = Array.from({ length: accountCount }, (_, index) => ed25519Keypair(benchSeed('account', index)))
  const spec: ChainSpec = {
    chain: {
      name: 'bench',
      protocol_version: 1,
      upgrades: [],
      address_prefix: 'bench',
      genesis_time: genesisTime,
      magic: '53594e44',
      port: 26_600,
      dns_seeds: [],
      seed_keys: [],
    },
    consensus: consensusParametersSchema.parse(consensus),
    limits: limitsSchema.parse({}),
    application: { name: workload === 'unsigned' ? 'unsigned' : 'ledger', parameters: {} },
    validators: Array.from({ length: validators }, (_, index) => {
      const keypair = blsKeypair(benchSeed('validator', index))
      const possession = provePossession(keypair)
      const operator = addressOf((accounts[index] as Ed25519Keypair).publicKey)
      return { consensusKey: keypair.publicKey, possession, power: 1000n * unitsPerToken, operator }
    }),
    accounts: accounts.map((account) => ({ address: addressOf(account.publicKey), balance: 1_000_000n * unitsPerToken })),
  }
  const chainId = chainIdOf(spec)
  return { spec, chainId, application: applicationFor(workload, spec, chainId), accounts }
}

function applicationFor(workload: BenchWorkload, spec: ChainSpec, chainId: ChainId): Application {
  if (workload === 'unsigned') return unsignedApplication
  const parameters = ledgerParametersSchema.parse(spec.application.parameters)
  return ledgerApplication({ chainId, addressPrefix: spec.chain.address_prefix, parameters }) as Application
}
