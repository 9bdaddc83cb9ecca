import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { homeFiles } from '../node/config/node-home.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { Console } from './frame/command.ts'

/**
 * The passphrase of a home's keys: from the file that is named, the environment, the file the home keeps, or a person who types it.
 * Throws PASSPHRASE_MISSING.
 */
export async function readPassphrase(options: { home: string; file: string | undefined; console: Console }): Promise<string> {
  const { home, file, console } = options
  if (file !== undefined) return firstLine(file, await readFile(file, 'utf8').catch((cause: unknown) => missing(file, cause)))
  const given = console.environment['SYNOD_PASSPHRASE']
  if (given !== undefined && given !== '') return given
  const kept = join(home, homeFiles.passphrase)
  const text = await readFile(kept, 'utf8').catch(() => undefined)
  if (text !== undefined) return firstLine(kept, text)
  return (await console.askSecret(`Passphrase of the keys in ${home}: `)) ?? missing(kept)
}

function firstLine(path: string, text: string): string {
  const [line = ''] = text.split(/\r?\n/, 1)
  return line === '' ? missing(path) : line
}

function missing(path: string, cause?: unknown): never {
  throw new OperationalError('PASSPHRASE_MISSING', 'There is no passphrase to open the keys with.', { where: path, cause })
}
