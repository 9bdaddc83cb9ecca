import { createPrivateFile, readPrivateFile } from '../../adapters/file/private-file.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { type Ed25519Keypair, ed25519Keypair } from '../../crypto/ed25519.ts'
import { fromHex, toHex, utf8 } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'

const fileBytesMax = 128

/**
 * The key that signs lists, in hexadecimal in a file that only its owner may read: a server signs while nobody is there to type a
 * passphrase. Made where there is none. Throws KEY_FILE_DAMAGED, _EXPOSED or _FAILED.
 */
export async function readOrMakeSeedKey(path: string): Promise<Ed25519Keypair> {
  if (!(await readPrivateFile(path, fileBytesMax))) {
    await createPrivateFile(path, utf8(`${toHex(systemEntropy.bytes(32))}\n`), systemEntropy)
  }
  const content = await readPrivateFile(path, fileBytesMax)
  const seed = content && fromHex(new TextDecoder().decode(content).trim())
  if (seed?.length !== 32) throw new OperationalError('KEY_FILE_DAMAGED', 'The file holds no seed’s key.', { where: path })
  return ed25519Keypair(seed)
}
