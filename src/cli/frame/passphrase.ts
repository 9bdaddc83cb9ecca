import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { homeFiles } from '../../node/config/node-home.ts'
import { toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Console } from './command.ts'

export interface PassphraseSource {
  readonly console: Console
  readonly home: string
  /** As given to --passphrase-file. */
  readonly file: string | undefined
}

/** The passphrase of a home's keys: from the file that is named, the environment, the home's own file, or the terminal. */
export async function readPassphrase(source: PassphraseSource): Promise<string> {
  const given = (await givenPassphrase(source)) ?? (await readPassphraseFile(join(source.home, homeFiles.passphrase)))
  const passphrase = given ?? (await source.console.askSecret('Passphrase of the keys: '))
  if (passphrase === undefined || passphrase === '')
    throw new OperationalError('PASSPHRASE_MISSING', 'The keys are sealed, and nobody says how to open them.')
  return passphrase
}

/** A passphrase for new keys. Where nobody gives one it is made up, and has to be stored beside the keys. */
export async function choosePassphrase(
  source: PassphraseSource,
): Promise<{ readonly passphrase: string; readonly generated: boolean }> {
  const given = (await givenPassphrase(source)) ?? (await readPassphraseFile(join(source.home, homeFiles.passphrase)))
  if (given !== undefined) return { passphrase: given, generated: false }
  const typed = await source.console.askSecret('New passphrase for the keys (empty: one is made up and stored beside them): ')
  if (typed === undefined || typed === '') return { passphrase: toHex(systemEntropy.bytes(16)), generated: true }
  const again = await source.console.askSecret('The same again: ')
  if (again !== typed) throw new OperationalError('PASSPHRASE_MISSING', 'The two passphrases differ.')
  return { passphrase: typed, generated: false }
}

async function givenPassphrase({ console, file }: PassphraseSource): Promise<string | undefined> {
  if (file !== undefined) {
    const path = resolve(console.workingDirectory, file)
    const passphrase = await readPassphraseFile(path)
    if (passphrase === undefined) throw new OperationalError('PASSPHRASE_MISSING', 'There is no such file.', { where: path })
    return passphrase
  }
  const fromEnvironment = console.environment['SYNOD_PASSPHRASE']
  return fromEnvironment === '' ? undefined : fromEnvironment
}

/** The first line. `undefined` where there is no file; a file that others may read is refused. */
async function readPassphraseFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8)
      throw new OperationalError('KEY_FILE_EXPOSED', `The passphrase file’s mode is ${shown}: others may use it.`, {
        where: path,
      })
    }
    const [line = ''] = (await readFile(path, 'utf8')).split(/\r?\n/, 1)
    if (line === '') throw new OperationalError('PASSPHRASE_MISSING', 'The passphrase file is empty.', { where: path })
    return line
  } catch (cause) {
    if (cause instanceof OperationalError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new OperationalError('PASSPHRASE_MISSING', 'The passphrase file cannot be read.', { where: path, cause })
  }
}
