import type { Application } from '../application/application.ts'
import { ledgerApplication } from '../application/ledger/ledger-application.ts'
import { ledgerParametersSchema } from '../application/ledger/parameters.ts'
import { type ChainSpec, chainIdOf, consensusParametersSchema, limitsSchema } from '../chain/chain-spec.ts'
import type { ChainId } from '../chain/identifiers.ts'
import { transactionSchema, transactionSignBytes, unitsPerToken } from '../chain/transaction.ts'
import { encode } from '../codec/codec.ts'
import { addressOf } from '../crypto/address.ts'
import { type BlsKeypair, blsKeypair, provePossession } from '../crypto/bls.ts'
import { type Ed25519Keypair, ed25519Keypair, ed25519Sign } from '../crypto/ed25519.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { createSimulatedEntropy, type Random } from './random.ts'

/** A chain made up for one simulation: its spec, its validators' keys and its first accounts. */
export interface SimulatedChain {
  readonly spec: ChainSpec
  readonly chainId: ChainId
  readonly validators: readonly BlsKeypair[]
  readonly accounts: readonly Ed25519Keypair[]
}

export function createSimulatedChain(options: {
  random: Random
  validators: number
  genesisTime: number
  consensus: Readonly<Record<string, unknown>>
  applicationName: string
}): SimulatedChain {
  const entropy = createSimulatedEntropy(options.random)
  const validators = Array.from({ length: options.validators }, () => blsKeypair(entropy.bytes(32)))
  const accounts = Array.from({ length: 8 }, () => ed25519Keypair(entropy.bytes(32)))
  const spec: ChainSpec = {
    chain: {
      name: 'simulation',
      protocol_version: 1,
      upgrades: [],
      address_prefix: 'sim',
      genesis_time: options.genesisTime,
      magic: '53594e44',
      port: 26_600,
      dns_seeds: [],
      seed_keys: [],
    },
    consensus: consensusParametersSchema.parse(options.consensus),
    limits: limitsSchema.parse({}),
    application: { name: options.applicationName, parameters: {} },
    validators: validators.map((keypair, index) => ({
      consensusKey: keypair.publicKey,
      possession: provePossession(keypair),
      power: 1000n * unitsPerToken * BigInt(1 + (index % 3)),
      operator: addressOf((accounts[index % accounts.length] as Ed25519Keypair).publicKey),
    })),
    accounts: accounts.map((account) => ({ address: addressOf(account.publicKey), balance: 1_000_000n * unitsPerToken })),
  }
  return { spec, chainId: chainIdOf(spec), validators, accounts }
}

export function simulatedLedger({ spec, chainId }: SimulatedChain): Application {
  const parameters = ledgerParametersSchema.parse(spec.application.parameters)
  return ledgerApplication({ chainId, addressPrefix: spec.chain.address_prefix, parameters }) as Application
}

/** Makes one transaction after another; the simulator submits each to some node. */
export type Workload = () => Bytes

/** Random transfers between the chain's accounts, nonces in order. */
export function transferWorkload(chain: SimulatedChain, random: Random): Workload {
  const nonces = chain.accounts.map(() => 0)
  return () => {
    const from = random.below(chain.accounts.length)
    const keypair = chain.accounts[from] as Ed25519Keypair
    const nonce = nonces[from] as number
    nonces[from] = nonce + 1
    const to = addressOf(random.pick(chain.accounts).publicKey)
    const unsigned = {
      chainId: chain.chainId,
      sender: keypair.publicKey,
      nonce,
      fee: BigInt(1000 + random.below(1000)),
      expiryHeight: 1_000_000,
      operations: [{ type: 'transfer' as const, to, amount: BigInt(1 + random.below(1_000_000)), memo: new Uint8Array(0) }],
    }
    return encode(transactionSchema, { ...unsigned, signature: ed25519Sign(keypair, transactionSignBytes(unsigned)) })
  }
}
