import { basename, join, resolve } from 'node:path'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import type { PresetName } from '../../chain/presets.ts'
import { unitsPerToken } from '../../chain/transaction.ts'
import { blsKeypair } from '../../crypto/bls.ts'
import { ed25519Keypair } from '../../crypto/ed25519.ts'
import { type ApplicationMaker, loadApplicationModule } from '../../node/config/application-module.ts'
import { renderChainFile } from '../../node/config/chain-file.ts'
import { orThrow } from '../../node/config/config-error.ts'
import { type LoadedChain, readChain } from '../../node/config/load-chain.ts'
import { createNodeHome, homeFiles, refuseExistingHome } from '../../node/config/node-home.ts'
import { readConfigFile } from '../../node/config/read-config-file.ts'
import { type Bytes, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { loopbackHost, sharedLoopbackLimits } from '../devnet/loopback-host.ts'
import { answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'
import { choosePassphrase } from '../frame/passphrase.ts'
import { applicationModuleOf, homeOf } from '../frame/shared-options.ts'
import { addressText, storeAccountKey } from '../keys/account-keys.ts'

interface InitInvocation {
  readonly console: Console
  readonly options: {
    readonly home: string | undefined
    readonly chain: string | undefined
    readonly preset: PresetName | undefined
    readonly name: string | undefined
    readonly application: string | undefined
    readonly validators: number | undefined
    readonly 'passphrase-file': string | undefined
    readonly json: boolean
  }
}

/** One node to be made, its secrets fresh. */
interface NewNode {
  readonly home: string
  readonly peer: Bytes
  readonly validator: Bytes
  readonly operator: Bytes
}

const addressPrefix = 'synod'
const stakeUnits = 1000n * unitsPerToken
const balanceUnits = 1_000_000n * unitsPerToken
/** Ports of several nodes on one machine stand this far apart. */
const portStep = 20

export async function runInit({ options, console }: InitInvocation): Promise<number> {
  const home = homeOf(options.home, console)
  const nodes = newNodes(home, options.validators ?? 1)
  await Promise.all(nodes.map((node) => refuseExistingHome(node.home)))
  const { passphrase, generated } = await choosePassphrase({ console, home, file: options['passphrase-file'] })
  const applicationModule = applicationModuleOf(options.application, console)
  const own = applicationModule === undefined ? undefined : await loadApplicationModule(applicationModule)
  const joined = options.chain === undefined ? undefined : resolve(console.workingDirectory, options.chain)
  const chainText = joined === undefined ? found(nodes, home, { ...options, own }) : await chainToJoin(joined, options)
  const chain = orThrow(readChain(chainText, joined ?? join(home, homeFiles.chain), own))
  for (const [index, node] of nodes.entries()) {
    await makeHome(node, {
      index,
      nodes,
      chain,
      chainText,
      applicationModule,
      passphrase,
      storePassphrase: generated,
      founding: joined === undefined,
    })
  }
  const chainId = toHex(chain.chainId)
  const homes = nodes.map((node) => node.home)
  const value = { chainId, name: chain.spec.chain.name, homes, passphraseStored: generated }
  const told = [
    `Chain ${chain.spec.chain.name}, id ${chainId}`,
    ...homes.map((path) => `Node in ${path}`),
    ...(generated ? passphraseWarning(homes) : []),
    `Next: ${homes.map((path) => `synod start --home ${path}`).join(' & ')}`,
  ]
  answer(console, options.json, value, told)
  return 0
}

/** What a passphrase beside the keys does and does not protect has to be said when it is put there. */
function passphraseWarning(homes: readonly string[]): readonly string[] {
  return [
    `The keys are sealed under a passphrase that was made up and stored in ${homes.map((path) => join(path, homeFiles.passphrase)).join(', ')}.`,
    'It protects a copy of the keys directory, such as a backup. It does not protect against who can read this home: for that, move',
    'the passphrase elsewhere and give it in SYNOD_PASSPHRASE or with --passphrase-file.',
  ]
}

function newNodes(home: string, count: number): readonly NewNode[] {
  return Array.from({ length: count }, (_, index) => ({
    home: count === 1 ? home : join(home, `node${index}`),
    peer: systemEntropy.bytes(32),
    validator: systemEntropy.bytes(32),
    operator: systemEntropy.bytes(32),
  }))
}

function found(
  nodes: readonly NewNode[],
  home: string,
  options: Pick<InitInvocation['options'], 'name' | 'preset'> & { readonly own: ApplicationMaker | undefined },
): string {
  const { name, preset, own } = options
  const people = nodes.map(({ validator, operator }) => ({
    keypair: blsKeypair(validator),
    operator: addressText(ed25519Keypair(operator).publicKey, addressPrefix),
  }))
  return renderChainFile({
    preset: preset ?? 'internet',
    name: name ?? nameAfter(home),
    genesisTime: Date.now(),
    ...(own && { application: own.name }),
    validators: people.map((person) => ({ ...person, powerUnits: stakeUnits })),
    accounts: people.map(({ operator }) => ({ address: operator, balanceUnits })),
  })
}

/** The directory's name as far as it can name a chain. */
function nameAfter(home: string): string {
  const name = basename(home)
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '')
    .slice(0, 48)
  return name.replace(/^-+|-+$/g, '') || 'chain'
}

async function chainToJoin(file: string, { preset, name, validators }: InitInvocation['options']): Promise<string> {
  for (const [option, value] of Object.entries({ preset, name, validators })) {
    if (value !== undefined)
      throw new OperationalError('USAGE_INVALID', `--${option} founds a chain; --chain joins one: give one of the two.`)
  }
  return readConfigFile(file)
}

async function makeHome(
  node: NewNode,
  context: {
    readonly index: number
    readonly nodes: readonly NewNode[]
    readonly chain: LoadedChain
    readonly chainText: string
    readonly applicationModule: string | undefined
    readonly passphrase: string
    readonly storePassphrase: boolean
    readonly founding: boolean
  },
): Promise<void> {
  const { index, nodes, chain, passphrase } = context
  const { port } = chain.spec.chain
  const several = nodes.length > 1
  const shared = several ? sharedLoopbackLimits(nodes.length) : undefined
  const address = (place: number) => `/ip4/${loopbackHost(place)}/tcp/${port + place * portStep}`
  await createNodeHome({
    home: node.home,
    chainText: context.chainText,
    settings: {
      node: { application: context.applicationModule },
      p2p: several
        ? {
            listen: [address(index)],
            dial_from: loopbackHost(index),
            peers: nodes.flatMap((_, other) => (other === index ? [] : [address(other)])),
          }
        : { listen: [`/ip4/0.0.0.0/tcp/${port}`], peers: [] },
      ...(shared && { defence: shared }),
      api: { port: several ? port + index * portStep + 10 : port + 10 },
    },
    seeds: { peer: node.peer, validator: node.validator },
    passphrase,
    storePassphrase: context.storePassphrase,
  })
  if (!context.founding) return
  await storeAccountKey({ directory: join(node.home, homeFiles.accounts), name: 'operator', passphrase, seed: node.operator })
}
