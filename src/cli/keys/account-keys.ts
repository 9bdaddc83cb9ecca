import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createKeyFile, loadKeyFile } from '../../adapters/file/key-file.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { addressOf, encodeAddress } from '../../crypto/address.ts'
import { type Ed25519Keypair, ed25519Keypair } from '../../crypto/ed25519.ts'
import type { SealCost } from '../../crypto/seal.ts'
import { type Bytes, fromHex, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { didYouMean } from '../../settings/suggestion.ts'

/**
 * Account keys of a home: for each name a sealed file with the secret, and beside it the public key, so that addresses can be shown
 * without a passphrase. Whoever signs opens the sealed file and never relies on the one beside it.
 */
export interface AccountKey {
  readonly name: string
  readonly publicKey: Bytes
}

export async function listAccountKeys(directory: string): Promise<readonly AccountKey[]> {
  const keys: AccountKey[] = []
  for (const name of await accountNames(directory)) {
    const publicKey = fromHex((await readFile(join(directory, `${name}.pub`), 'utf8').catch(() => '')).trim())
    if (publicKey?.length === 32) keys.push({ name, publicKey })
  }
  return keys
}

/** Opens a key. Throws KEY_FILE_MISSING with a suggestion, or as `loadKeyFile`. */
export async function openAccountKey(directory: string, name: string, passphrase: string): Promise<Ed25519Keypair> {
  checkName(name)
  const path = join(directory, `${name}.key`)
  const seed = await loadKeyFile({ path, kind: 'account', passphrase })
  if (seed) return ed25519Keypair(seed)
  const message = `There is no account key ${name}.${didYouMean(name, await accountNames(directory))}`
  throw new OperationalError('KEY_FILE_MISSING', message, { where: path })
}

/** Stores a key under a new name. Throws CONFIG_FILE_EXISTS where the name is taken. */
export async function storeAccountKey(options: {
  readonly directory: string
  readonly name: string
  readonly passphrase: string
  readonly seed: Bytes
  /** How hard guessing the passphrase is made. */
  readonly cost?: SealCost
}): Promise<AccountKey> {
  const { directory, name, passphrase, seed, cost } = options
  checkName(name)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, `${name}.key`)
  if (!(await createKeyFile({ path, kind: 'account', passphrase, seed, entropy: systemEntropy, ...(cost && { cost }) }))) {
    throw new OperationalError('CONFIG_FILE_EXISTS', `There is an account key ${name} already.`, { where: path })
  }
  const { publicKey } = ed25519Keypair(seed)
  await writeFile(join(directory, `${name}.pub`), `${toHex(publicKey)}\n`)
  return { name, publicKey }
}

export function addressText(publicKey: Bytes, prefix: string): string {
  return encodeAddress(prefix, addressOf(publicKey))
}

async function accountNames(directory: string): Promise<readonly string[]> {
  const files = await readdir(directory).catch(() => [])
  const compare = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)
  return files.flatMap((file) => (file.endsWith('.key') ? [file.slice(0, -'.key'.length)] : [])).sort(compare)
}

/** A name becomes a file's name. */
function checkName(name: string): void {
  if (/^[a-z0-9][a-z0-9_-]{0,47}$/.test(name) && name !== 'peer' && name !== 'validator') return
  const message = `${JSON.stringify(name.slice(0, 48))} cannot name an account key: use lower-case letters, digits, - and _.`
  throw new OperationalError('USAGE_INVALID', message)
}
