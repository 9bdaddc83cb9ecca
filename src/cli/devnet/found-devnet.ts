import { join } from 'node:path'
import { peerIdOf } from '../../adapters/libp2p/peer-id.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { unitsPerToken } from '../../chain/transaction.ts'
import { addressOf, encodeAddress } from '../../crypto/address.ts'
import { blsKeypair } from '../../crypto/bls.ts'
import { type Ed25519Keypair, ed25519Keypair } from '../../crypto/ed25519.ts'
import { loadApplicationModule } from '../../node/config/application-module.ts'
import { type Founding, renderChainFile } from '../../node/config/chain-file.ts'
import { createNodeHome, homeFiles } from '../../node/config/node-home.ts'
import { type Bytes, toHex } from '../../primitives/bytes.ts'
import { storeAccountKey } from '../keys/account-keys.ts'
import { freePorts } from './free-ports.ts'
import { loopbackHost, sharedLoopbackLimits } from './loopback-host.ts'

/** A devnet on disk: a home for each validator, and accounts to play with. */
export interface Devnet {
  readonly nodes: readonly DevnetHome[]
  readonly accounts: readonly DevnetAccount[]
}

export interface DevnetHome {
  readonly name: string
  readonly home: string
  readonly url: string
}

export interface DevnetAccount {
  readonly name: string
  readonly address: string
  readonly keypair: Ed25519Keypair
}

const addressPrefix = 'synod'
/** For people, and for the load that the devnet makes by itself: two spenders of one account would trip over each other's nonces. */
const accountNames = ['alice', 'bob', 'carol', 'dave'] as const
const loadAccountNames = ['load0', 'load1', 'load2', 'load3', 'load4', 'load5', 'load6', 'load7'] as const
const balanceTokens = 1_000_000n
const powerTokens = 10_000n
/** The passphrase is 32 random bytes: hashing it slowly would protect nothing, and would be most of a devnet's start. */
const keyCost = { passes: 1, memoryKib: 8 }
/** A devnet's keys are new, and live in one place. */
const doppelgangerWaitMs = 0

export async function foundDevnet(options: {
  directory: string
  validators: number
  /** Path of the module with the chain's own application. */
  application?: string | undefined
  consensus: NonNullable<Founding['consensus']>
  ledger?: Founding['ledger']
  /** The first port to try; devnets founded at the same moment should not try the same. */
  portsFrom?: number
}): Promise<Devnet> {
  const { directory, validators: count } = options
  const passphrase = toHex(systemEntropy.bytes(32))
  const accounts = [...accountNames, ...loadAccountNames].map((name) => ({ name, seed: systemEntropy.bytes(32) }))
  const operators = Array.from({ length: count }, (_, index) => accounts[index]?.seed ?? systemEntropy.bytes(32))
  const validatorSeeds = operators.map(() => systemEntropy.bytes(32))
  const peerSeeds = operators.map(() => systemEntropy.bytes(32))
  const own = options.application === undefined ? undefined : await loadApplicationModule(options.application)
  const chainText = renderChainFile({
    preset: 'devnet',
    ...(own && { application: own.name }),
    name: 'devnet',
    genesisTime: Date.now(),
    consensus: options.consensus,
    ...(options.ledger && { ledger: options.ledger }),
    validators: validatorSeeds.map((seed, index) => ({
      keypair: blsKeypair(seed),
      operator: addressText(operators[index] as Bytes),
      powerUnits: powerTokens * unitsPerToken,
    })),
    accounts: accounts.map(({ seed }) => ({ address: addressText(seed), balanceUnits: balanceTokens * unitsPerToken })),
  })
  // In turn a node's own port, on its own address, and that of its API.
  const hostOf = (place: number) => (place % 2 === 0 ? loopbackHost(place / 2) : '127.0.0.1')
  const ports = await freePorts(2 * count, options.portsFrom, hostOf)
  const listenAddress = (index: number) => `/ip4/${loopbackHost(index)}/tcp/${ports[2 * index]}`
  const addresses = await Promise.all(peerSeeds.map(async (seed, index) => `${listenAddress(index)}/p2p/${await peerIdOf(seed)}`))
  const nodes = operators.map((_, index): DevnetHome => {
    const url = `http://127.0.0.1:${ports[2 * index + 1]}`
    return { name: `node${index}`, home: join(directory, `node${index}`), url }
  })
  const shared = sharedLoopbackLimits(count)
  await Promise.all(
    nodes.map(async ({ home }, index) => {
      const settings = {
        node: { doppelganger_wait_ms: doppelgangerWaitMs, application: options.application },
        // One dial for each pair of nodes.
        p2p: { listen: [listenAddress(index)], dial_from: loopbackHost(index), peers: addresses.slice(0, index) },
        api: { port: ports[2 * index + 1] as number },
        ...(shared && { defence: shared }),
      }
      const seeds = { peer: peerSeeds[index] as Bytes, validator: validatorSeeds[index] as Bytes }
      await createNodeHome({ home, chainText, settings, seeds, passphrase, storePassphrase: true, keyCost })
      await storeAccounts(home, accounts, passphrase)
    }),
  )
  return { nodes, accounts: accounts.map(({ name, seed }) => account(name, seed)) }
}

/** Every home holds the accounts, so that `synod tx send --from alice` works with any of them. */
async function storeAccounts(
  home: string,
  accounts: readonly { name: string; seed: Bytes }[],
  passphrase: string,
): Promise<void> {
  const directory = join(home, homeFiles.accounts)
  for (const { name, seed } of accounts) await storeAccountKey({ directory, name, passphrase, seed, cost: keyCost })
}

/** Whether an account is for the devnet's own load. */
export function isLoadAccount({ name }: DevnetAccount): boolean {
  return name.startsWith('load')
}

export function account(name: string, seed: Bytes): DevnetAccount {
  return { name, address: addressText(seed), keypair: ed25519Keypair(seed) }
}

function addressText(seed: Bytes): string {
  return encodeAddress(addressPrefix, addressOf(ed25519Keypair(seed).publicKey))
}
