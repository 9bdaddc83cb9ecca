import type { ChainId, ConsensusSignature } from '../chain/identifiers.ts'
import { type LastSigned, positionOf, type SignedPosition, type SigningSubject, signBytesOf } from '../chain/signing.ts'
import type { Disk } from '../ports/disk.ts'
import { type Bytes, bytesEqual } from '../primitives/bytes.ts'
import { compareSigned, readLastSigned, writeLastSigned } from './last-signed.ts'

/**
 * What was signed last, and so what may be signed next: forwards, or the very same again. Whoever holds a validator's key, the node or
 * a process of its own, signs through one of these, and no signature leaves before its record is on disk.
 */
export interface SigningRecord {
  latest(): LastSigned | undefined
  /** Whether something may have been signed at that place already. */
  mayHaveSigned(position: SignedPosition): boolean
  /** The signature; `conflict` where signing could contradict what was signed before; `undefined` where `make` made none. */
  sign(subject: SigningSubject, make: (signBytes: Bytes) => Promise<Bytes | undefined>): Promise<Signed>
  /** Takes over what another record of the same validator says, where that is later. Resolves when it is on disk. */
  adopt(record: LastSigned): Promise<void>
}

export type Signed = ConsensusSignature | 'conflict' | undefined

/** @throws OperationalError LAST_SIGNED_CORRUPT */
export async function openSigningRecord(disk: Disk, chainId: ChainId): Promise<SigningRecord> {
  let last = await readLastSigned(disk)
  let tail: Promise<unknown> = Promise.resolve()

  async function keep(record: LastSigned): Promise<void> {
    await writeLastSigned(disk, record)
    last = record
  }

  /** One at a time: the check and the record must not interleave with another's. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = tail.then(work)
    tail = turn.catch(() => undefined)
    return turn
  }

  async function sign(subject: SigningSubject, make: (signBytes: Bytes) => Promise<Bytes | undefined>): Promise<Signed> {
    const position = positionOf(subject)
    const signBytes = signBytesOf(chainId, subject)
    if (last) {
      const order = compareSigned(position, last)
      if (order < 0) return 'conflict'
      if (order === 0) return bytesEqual(last.signBytes, signBytes) ? last.signature : 'conflict'
    }
    const signature = await make(signBytes)
    if (signature) await keep({ ...position, signBytes, signature })
    return signature
  }

  return {
    latest: () => last,
    mayHaveSigned: (position) => last !== undefined && compareSigned(position, last) <= 0,
    sign: (subject, make) => inTurn(() => sign(subject, make)),
    adopt: (record) =>
      inTurn(async () => {
        if (!last || compareSigned(record, last) > 0) await keep(record)
      }),
  }
}
