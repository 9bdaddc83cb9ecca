import { join } from 'node:path'
import { loadKeyFile } from '../../adapters/file/key-file.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { blsKeypair, provePossession } from '../../crypto/bls.ts'
import type { Ed25519Keypair } from '../../crypto/ed25519.ts'
import { loadChainSpec } from '../../node/config/load-chain-spec.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { type Bytes, fromHex, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { aligned, answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'
import { choosePassphrase, readPassphrase } from '../frame/passphrase.ts'
import { homeOf } from '../frame/shared-options.ts'
import { type AccountKey, addressText, listAccountKeys, openAccountKey, storeAccountKey } from './account-keys.ts'

interface KeysInvocation {
  readonly console: Console
  readonly arguments: readonly string[]
  readonly options: { readonly home: string | undefined; readonly json?: boolean }
}

interface SealedInvocation extends KeysInvocation {
  readonly options: KeysInvocation['options'] & { readonly 'passphrase-file': string | undefined; readonly json: boolean }
}

/** Where the keys of a home are, and how its chain writes addresses. */
interface KeyRing {
  readonly home: string
  readonly keys: string
  readonly accounts: string
  readonly prefix: string
}

export async function listKeys(invocation: KeysInvocation): Promise<number> {
  const ring = await openKeyRing(invocation)
  const keys = (await listAccountKeys(ring.accounts)).map((key) => describe(key, ring))
  const lines =
    keys.length === 0
      ? ['No account keys. Make one with `synod keys new <name>`.']
      : aligned(keys.map((key) => [key.name, key.address]))
  answer(invocation.console, invocation.options.json === true, { keys }, lines)
  return 0
}

export async function newKey(invocation: SealedInvocation): Promise<number> {
  return store(invocation, systemEntropy.bytes(32))
}

export async function importKey(invocation: SealedInvocation): Promise<number> {
  const seed = fromHex((await invocation.console.readInput(256)).trim())
  if (seed?.length !== 32) throw new OperationalError('USAGE_INVALID', 'A seed is 32 bytes in hexadecimal, on standard input.')
  return store(invocation, seed)
}

export async function showKey(invocation: SealedInvocation): Promise<number> {
  const ring = await openKeyRing(invocation)
  const { console, options } = invocation
  const [name = ''] = invocation.arguments
  const shown =
    name === 'validator'
      ? describeValidator(await openValidator(ring, invocation))
      : describe({ name, ...(await open(ring, invocation)) }, ring)
  answer(console, options.json, shown, aligned(Object.entries(shown)))
  return 0
}

export async function keyAddress(invocation: KeysInvocation): Promise<number> {
  const ring = await openKeyRing(invocation)
  const [name] = invocation.arguments
  const key = (await listAccountKeys(ring.accounts)).find((candidate) => candidate.name === name)
  if (!key) throw new OperationalError('KEY_FILE_MISSING', `There is no account key ${name}.`, { where: ring.accounts })
  invocation.console.out(`${describe(key, ring).address}\n`)
  return 0
}

export async function exportKey(invocation: SealedInvocation & { readonly options: { readonly yes: boolean } }): Promise<number> {
  const { console, options } = invocation
  if (!options.yes) {
    throw new OperationalError('USAGE_INVALID', 'Whoever sees the seed owns the account. To have it printed, add --yes.')
  }
  const { secretKey } = await open(await openKeyRing(invocation), invocation)
  const seed = toHex(secretKey.subarray(0, 32))
  answer(console, options.json, { seed }, [seed])
  return 0
}

async function store(invocation: SealedInvocation, seed: Bytes): Promise<number> {
  const ring = await openKeyRing(invocation)
  const { console, options } = invocation
  const [name = ''] = invocation.arguments
  const { passphrase, generated } = await choosePassphrase({ console, home: ring.home, file: options['passphrase-file'] })
  if (generated) throw new OperationalError('PASSPHRASE_MISSING', 'A new key is sealed under a passphrase, and none is given.')
  const shown = describe(await storeAccountKey({ directory: ring.accounts, name, passphrase, seed }), ring)
  answer(console, options.json, shown, aligned(Object.entries(shown)))
  return 0
}

async function openKeyRing({ console, options }: KeysInvocation): Promise<KeyRing> {
  const home = homeOf(options.home, console)
  const { keysDirectory, chainFile } = await loadNodeConfig({ home, environment: console.environment })
  const spec = await loadChainSpec(chainFile)
  return { home, keys: keysDirectory, accounts: join(keysDirectory, 'accounts'), prefix: spec.chain.address_prefix }
}

async function open(ring: KeyRing, invocation: SealedInvocation): Promise<Ed25519Keypair> {
  const [name = ''] = invocation.arguments
  return openAccountKey(ring.accounts, name, await passphraseOf(ring, invocation))
}

async function openValidator(ring: KeyRing, invocation: SealedInvocation): Promise<Bytes> {
  const path = join(ring.keys, 'validator.key')
  const seed = await loadKeyFile({ path, kind: 'validator', passphrase: await passphraseOf(ring, invocation) })
  if (seed) return seed
  throw new OperationalError('KEY_FILE_MISSING', 'This home has no validator key.', { where: path })
}

function passphraseOf({ home }: KeyRing, { console, options }: SealedInvocation): Promise<string> {
  return readPassphrase({ console, home, file: options['passphrase-file'] })
}

function describe({ name, publicKey }: AccountKey, { prefix }: KeyRing) {
  return { name, address: addressText(publicKey, prefix), publicKey: toHex(publicKey) }
}

function describeValidator(seed: Bytes) {
  const keypair = blsKeypair(seed)
  return { name: 'validator', consensusKey: toHex(keypair.publicKey), possession: toHex(provePossession(keypair)) }
}
