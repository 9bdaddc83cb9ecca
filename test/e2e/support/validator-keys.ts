import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadKeyFile } from '../../../src/adapters/file/key-file.ts'
import { type BlsKeypair, blsKeypair } from '../../../src/crypto/bls.ts'
import { homeFiles } from '../../../src/node/config/node-home.ts'

/** The key with which the validator of this home signs: what somebody has who stole it. */
export async function stolenKey(home: string): Promise<BlsKeypair> {
  const passphrase = (await readFile(join(home, homeFiles.passphrase), 'utf8')).trim()
  const seed = await loadKeyFile({ path: join(home, homeFiles.validatorKey), kind: 'validator', passphrase })
  if (!seed) throw new Error(`${home} has no validator key`)
  return blsKeypair(seed)
}
