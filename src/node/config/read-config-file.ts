import { readFile } from 'node:fs/promises'
import { OperationalError } from '../../primitives/operational-error.ts'

/** The text of a file that must be there. Throws CONFIG_FILE_MISSING. */
export async function readConfigFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const message = code === 'ENOENT' ? 'There is no such file.' : `The file cannot be read (${code}).`
    throw new OperationalError('CONFIG_FILE_MISSING', message, { where: path, cause })
  }
}
