import { createPrivateFile, readPrivateFile } from '../../adapters/file/private-file.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { toHex, utf8 } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'

/** What proves to a node's API that its operator is asking: 32 random bytes in hexadecimal, in the home's file `operator-token`. */
export type OperatorToken = string

const tokenBytes = 32
/** The digits, and an end of line. */
const fileBytesMax = 2 * tokenBytes + 2

/** The token in the file; `undefined` when there is no file. Throws KEY_FILE_EXPOSED, _DAMAGED or _FAILED. */
export async function readOperatorToken(path: string): Promise<OperatorToken | undefined> {
  const content = await readPrivateFile(path, fileBytesMax)
  if (content === undefined) return undefined
  const text = new TextDecoder().decode(content).trimEnd()
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new OperationalError(
      'KEY_FILE_DAMAGED',
      'An operator token has 64 hexadecimal digits; without the file a new one is made.',
      {
        where: path,
      },
    )
  }
  return text
}

/** The token in the file, or a new one when there is no file. Throws like `readOperatorToken`. */
export async function readOrMakeOperatorToken(path: string): Promise<OperatorToken> {
  const token = await readOperatorToken(path)
  if (token !== undefined) return token
  const made = toHex(systemEntropy.bytes(tokenBytes))
  if (await createPrivateFile(path, utf8(`${made}\n`), systemEntropy)) return made
  const theirs = await readOperatorToken(path)
  if (theirs !== undefined) return theirs
  throw new OperationalError('KEY_FILE_FAILED', 'Another process made the file and took it away again.', { where: path })
}
