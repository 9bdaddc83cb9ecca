import { sha256 } from '../../crypto/hash.ts'
import { type Bytes, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { holdName, type NamedLock } from './named-lock.ts'

/**
 * Takes a validator's consensus key for this process, whatever data directory it runs in; ends with the process. On other machines the
 * wait before the first signature looks for the same key. Throws VALIDATOR_KEY_IN_USE naming the process that has it.
 */
export async function lockValidatorKey(publicKey: Bytes): Promise<NamedLock> {
  const name = toHex(sha256(publicKey)).slice(0, 32)
  const lock = await holdName(`synod-validator-${name}`)
  if ('release' in lock) return lock
  const who = lock.heldBy > 0 ? `Process ${lock.heldBy}` : 'Another process'
  throw new OperationalError('VALIDATOR_KEY_IN_USE', `${who} on this machine runs a validator with this key.`, {
    where: toHex(publicKey),
  })
}
