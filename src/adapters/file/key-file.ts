import { constants, type FileHandle, link, open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { openSeal, type SealCost, seal, sealCostDefault, sealNonceBytes, sealSaltBytes } from '../../crypto/seal.ts'
import type { Entropy } from '../../ports/entropy.ts'
import { assert } from '../../primitives/assert.ts'
import { type Bytes, concatBytes, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'

/**
 * The node's secrets on disk: one file a key, sealed under a passphrase, readable by its owner alone. What is sealed is the kind
 * of the key in one byte and its 32-byte seed, so that a validator's file in a peer key's place is noticed. A file is created
 * whole or not at all, and never replaced: of two processes that create it at once, one reads what the other wrote.
 */
export type KeyKind = keyof typeof kindBytes

/** Ed25519 seeds for peers and accounts, key material of BLS12-381 for validators. */
const kindBytes = { peer: 1, validator: 2, account: 3 } as const
const seedBytes = 32
const fileBytesMax = 1024
const mode = 0o600
const otherUsers = 0o077

export interface KeyFileOptions {
  readonly path: string
  readonly kind: KeyKind
  readonly passphrase: string
}

export interface NewKeyFileOptions extends KeyFileOptions {
  /** For the seed, the salt and the nonce. */
  readonly entropy: Entropy
  /** How hard guessing the passphrase is made. */
  readonly cost?: SealCost
}

/**
 * The seed in the file, or of a new key when there is no file.
 * @throws OperationalError KEY_FILE_DAMAGED, _EXPOSED, _FAILED, _KIND or _PASSPHRASE.
 */
export async function loadOrCreateKeyFile(
  options: NewKeyFileOptions,
): Promise<{ readonly seed: Bytes; readonly created: boolean }> {
  const existing = await loadKeyFile(options)
  if (existing !== undefined) return { seed: existing, created: false }
  const seed = options.entropy.bytes(seedBytes)
  if (await createKeyFile({ ...options, seed })) return { seed, created: true }
  const theirs = await loadKeyFile(options)
  if (theirs === undefined) throw failed(options.path, 'Another process created it and took it away again.')
  return { seed: theirs, created: false }
}

/** The 32-byte seed in the file; `undefined` when there is no file. Throws like `loadOrCreateKeyFile`. */
export async function loadKeyFile({ path, kind, passphrase }: KeyFileOptions): Promise<Bytes | undefined> {
  const sealed = await readPrivate(path)
  if (sealed === undefined) return undefined
  const opened = openSeal(sealed, passphrase)
  if (!opened.ok) {
    if (opened.error === 'wrong-passphrase') {
      throw new OperationalError('KEY_FILE_PASSPHRASE', 'The passphrase does not open the key file.', { where: path })
    }
    throw new OperationalError('KEY_FILE_DAMAGED', damage[opened.error], { where: path })
  }
  const { secret } = opened
  const found = (Object.keys(kindBytes) as KeyKind[]).find((name) => kindBytes[name] === secret[0])
  if (secret.length !== 1 + seedBytes || found === undefined) {
    throw new OperationalError('KEY_FILE_DAMAGED', 'What is sealed in the file is not a key of Synod.', { where: path })
  }
  if (found !== kind)
    throw new OperationalError('KEY_FILE_KIND', `The file holds a ${found} key, not a ${kind} key.`, { where: path })
  return secret.slice(1)
}

const damage = {
  'not-sealed': 'The file is not a sealed key.',
  'unknown-version': 'The file was written by a later version of Synod.',
  'hostile-cost': 'The file asks for more memory or time than any that Synod writes.',
  damaged: 'The file’s checksum does not hold.',
} as const

/** Seals the seed into a new file. False, and nothing is changed, when the file exists. Throws KEY_FILE_FAILED. */
export async function createKeyFile(options: NewKeyFileOptions & { readonly seed: Bytes }): Promise<boolean> {
  const { path, kind, passphrase, entropy, seed, cost = sealCostDefault } = options
  assert(seed.length === seedBytes, 'a key’s seed has 32 bytes')
  const chance = { salt: entropy.bytes(sealSaltBytes), nonce: entropy.bytes(sealNonceBytes) }
  const sealed = seal(concatBytes(Uint8Array.of(kindBytes[kind]), seed), passphrase, chance, cost)
  const draft = join(dirname(path), `.${basename(path)}.${toHex(entropy.bytes(8))}`)
  try {
    await writeDurably(draft, sealed)
    // Unlike a rename, a link does not replace a file that came into being meanwhile.
    await link(draft, path)
    await syncDirectory(dirname(path))
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw failed(path, 'The file could not be created.', error)
  } finally {
    await rm(draft, { force: true })
  }
}

async function readPrivate(path: string): Promise<Bytes | undefined> {
  let file: FileHandle
  try {
    // Opening a pipe in a key file's place must not wait for somebody to write into it.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw failed(path, 'The file could not be read.', error)
  }
  try {
    const status = await file.stat()
    if (!status.isFile() || status.size > fileBytesMax) {
      throw new OperationalError('KEY_FILE_DAMAGED', 'This is not a sealed key.', { where: path })
    }
    // Windows keeps access in lists of its own, which this mode does not show.
    if (process.platform !== 'win32' && (status.mode & otherUsers) !== 0) {
      const shown = (status.mode & 0o777).toString(8)
      throw new OperationalError('KEY_FILE_EXPOSED', `The file’s mode is ${shown}: others may use it.`, { where: path })
    }
    return new Uint8Array(await file.readFile())
  } catch (error) {
    throw error instanceof OperationalError ? error : failed(path, 'The file could not be read.', error)
  } finally {
    await file.close()
  }
}

async function writeDurably(path: string, content: Bytes): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes the file's name durable, where directories can be opened at all. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function failed(path: string, message: string, cause?: unknown): OperationalError {
  return new OperationalError('KEY_FILE_FAILED', message, { where: path, cause })
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
