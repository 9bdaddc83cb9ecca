import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { homeFiles } from '../node/config/node-home.ts'
import { OperationalError } from '../primitives/operational-error.ts'

/** The passphrase of a home's keys: from a file that is named, the environment, or the file the home keeps. */
export async function readPassphrase(home: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return firstLine(file)
  const given = process.env['SYNOD_PASSPHRASE']
  if (given !== undefined && given !== '') return given
  return firstLine(join(home, homeFiles.passphrase))
}

async function firstLine(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new OperationalError('PASSPHRASE_MISSING', 'The file with the passphrase cannot be read.', { where: path, cause })
  })
  const [line = ''] = text.split(/\r?\n/, 1)
  if (line === '') throw new OperationalError('PASSPHRASE_MISSING', 'The file with the passphrase is empty.', { where: path })
  return line
}
