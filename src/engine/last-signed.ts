import { type LastSigned, lastSignedSchema, type SignedPosition } from '../chain/signing.ts'
import { decode, encode } from '../codec/codec.ts'
import { sha256 } from '../crypto/hash.ts'
import type { Disk } from '../ports/disk.ts'
import { type Bytes, bytesEqual, concatBytes } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'

/**
 * The latest consensus message this validator signed, in a file of its own that survives everything but the loss of the disk. A
 * validator signs only forwards: a later (height, round, step), or the very same bytes again.
 */
const fileName = 'last-signed'
const checksumBytes = 8

export async function readLastSigned(disk: Pick<Disk, 'readSmall'>): Promise<LastSigned | undefined> {
  const file = await disk.readSmall(fileName)
  if (!file) return undefined
  const content = file.subarray(0, Math.max(0, file.length - checksumBytes))
  const decoded = decode(lastSignedSchema, content)
  if (!decoded.ok || !bytesEqual(checksum(content), file.subarray(content.length))) {
    throw new OperationalError(
      'LAST_SIGNED_CORRUPT',
      'The record of the last signed message is damaged; signing on could sign twice.',
      {
        where: fileName,
      },
    )
  }
  return decoded.value
}

/** Resolves when the record is durable. */
export async function writeLastSigned(disk: Disk, record: LastSigned): Promise<void> {
  const content = encode(lastSignedSchema, record)
  await disk.writeSmall(fileName, concatBytes(content, checksum(content)))
}

/** Negative, zero or positive as `left` comes before, at or after `right`. */
export function compareSigned(left: SignedPosition, right: SignedPosition): number {
  return left.height - right.height || left.round - right.round || left.step - right.step
}

function checksum(content: Bytes): Bytes {
  return sha256(content).subarray(0, checksumBytes)
}
