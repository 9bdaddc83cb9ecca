import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { loadKeyFile } from '../adapters/file/key-file.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'

/** `validator.key`, and beside it the keys that may follow: `validator-2.key`. */
const namePattern = /^validator([.-][\w.-]{0,64})?\.key$/
const keysMax = 16

/**
 * The seeds of the validator's keys in a directory, `validator.key` first, read again where a file is new or another: so a key that is
 * made while the node runs is found when its turn comes. Only `validator.key` must open; another that does not is told of and left out.
 */
export function createValidatorKeyFiles(options: {
  directory: string
  passphrase: string
  telemetry: Pick<Telemetry, 'log'>
}): () => Promise<readonly Bytes[]> {
  const { directory, passphrase, telemetry } = options
  const read = new Map<string, { readonly stamp: string; readonly seed: Bytes | undefined }>()

  async function seedOf(name: string): Promise<Bytes | undefined> {
    const path = join(directory, name)
    const found = await stat(path).catch(() => undefined)
    if (!found) return undefined
    const stamp = `${found.ino} ${found.size} ${found.mtimeMs}`
    const known = read.get(name)
    if (known?.stamp === stamp) return known.seed
    const seed = await loadKeyFile({ path, kind: 'validator', passphrase }).catch((error: unknown) => {
      if (name === 'validator.key' || !(error instanceof OperationalError)) throw error
      telemetry.log('warn', 'a validator key is left out', { file: path, code: error.code, error: error.message })
      return undefined
    })
    read.set(name, { stamp, seed })
    return seed
  }

  return async () => {
    const names = (await readdir(directory).catch(() => [])).filter((name) => namePattern.test(name))
    const others = names.filter((name) => name !== 'validator.key').sort((a, b) => (a < b ? -1 : 1))
    const seeds: Bytes[] = []
    for (const name of ['validator.key', ...others].slice(0, keysMax)) {
      const seed = await seedOf(name)
      if (seed) seeds.push(seed)
    }
    return seeds
  }
}
