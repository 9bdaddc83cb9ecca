import { openSeal, type SealCost, seal, sealCostDefault, sealNonceBytes, sealSaltBytes } from '../../crypto/seal.ts'
import type { Entropy } from '../../ports/entropy.ts'
import { assert } from '../../primitives/assert.ts'
import { type Bytes, concatBytes } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { createPrivateFile, readPrivateFile } from './private-file.ts'

/**
 * The node's secrets on disk: one file a key, sealed under a passphrase, readable by its owner alone. What is sealed is the kind
 * of the key in one byte and its 32-byte seed, so that a validator's file in a peer key's place is noticed.
 */
export type KeyKind = keyof typeof kindBytes

/** Ed25519 seeds for peers and accounts, key material of BLS12-381 for validators. */
const kindBytes = { peer: 1, validator: 2, account: 3 } as const
const seedBytes = 32
const fileBytesMax = 1024

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
  if (theirs === undefined) throw vanished(options.path)
  return { seed: theirs, created: false }
}

/** The 32-byte seed in the file; `undefined` when there is no file. Throws like `loadOrCreateKeyFile`. */
export async function loadKeyFile({ path, kind, passphrase }: KeyFileOptions): Promise<Bytes | undefined> {
  const sealed = await readPrivateFile(path, fileBytesMax)
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
  return createPrivateFile(path, seal(concatBytes(Uint8Array.of(kindBytes[kind]), seed), passphrase, chance, cost), entropy)
}

function vanished(path: string): OperationalError {
  return new OperationalError('KEY_FILE_FAILED', 'Another process created it and took it away again.', { where: path })
}
