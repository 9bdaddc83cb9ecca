import { accountKey, accountSignature, type ChainId } from '../../chain/identifiers.ts'
import { bytes, type Infer, list, struct, text, uint, variant } from '../../codec/schema.ts'
import { type Ed25519Keypair, ed25519Sign, ed25519Verify } from '../../crypto/ed25519.ts'
import { type Hash, taggedHash } from '../../crypto/hash.ts'
import { type Bytes, bytesKey, utf8 } from '../../primitives/bytes.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'
import type { Place } from './distance.ts'

/**
 * What nodes keep for each other under a place of its own: where the validator is that a network key speaks for, and who offers a
 * service. Both are signed by whom they speak of, for this chain, so whoever passes them on can only keep them back.
 * Spec: docs/spec/discovery.md, "Records".
 */
const peerId = text({ max: 64 })
/** Multiaddrs without the peer id at their end. */
const addresses = list(text({ max: 128 }), { max: 4 })
/** The later of two records has the higher one. */
const sequence = uint()
/** Wall-clock time, ms. */
const expiresAt = uint()

const validatorRecordSchema = struct('ValidatorRecord', {
  /** Delegated on chain by whoever holds the stake. */
  networkKey: accountKey,
  peer: peerId,
  addresses,
  sequence,
  expiresAt,
  /** By the network key. */
  signature: accountSignature,
})

const serviceRecordSchema = struct('ServiceRecord', {
  /** Its name: 1 to 32 characters from a to z, 0 to 9 and hyphens. */
  service: text({ max: 32 }),
  peer: peerId,
  addresses,
  sequence,
  expiresAt,
  /** By the key of the peer id. */
  signature: bytes({ length: 64 }),
})

export const directoryRecordSchema = variant('DirectoryRecord', {
  validator: { tag: 1, schema: validatorRecordSchema },
  service: { tag: 2, schema: serviceRecordSchema },
})
export type DirectoryRecord = Infer<typeof directoryRecordSchema>
export type ValidatorRecord = Extract<DirectoryRecord, { type: 'validator' }>
export type ServiceRecord = Extract<DirectoryRecord, { type: 'service' }>
type Unsigned<R extends DirectoryRecord> = Omit<R, 'type' | 'signature'>

/** Who runs away leaves a record behind for so long at most. */
export const recordLifetimeMsMax = 24 * 3_600_000
/** Clocks differ. */
const skewMsMax = 600_000

export function validatorPlace(chainId: ChainId, networkKey: Bytes): Place {
  return taggedHash('synod/dht-validator', chainId, networkKey)
}

export function servicePlace(chainId: ChainId, service: string): Place {
  return taggedHash('synod/dht-service', chainId, utf8(service))
}

export function placeOfRecord(chainId: ChainId, record: DirectoryRecord): Place {
  return record.type === 'validator' ? validatorPlace(chainId, record.networkKey) : servicePlace(chainId, record.service)
}

/** Whose record it is: a newer one of the same author takes the place of an older one. */
export function authorOf(record: DirectoryRecord): string {
  return record.type === 'validator' ? `key ${bytesKey(record.networkKey)}` : `peer ${record.peer}`
}

export function signValidatorRecord(
  chainId: ChainId,
  keypair: Ed25519Keypair,
  said: Omit<Unsigned<ValidatorRecord>, 'networkKey'>,
): ValidatorRecord {
  const unsigned = { ...said, networkKey: keypair.publicKey }
  return { type: 'validator', ...unsigned, signature: ed25519Sign(keypair, validatorSignBytes(chainId, unsigned)) }
}

export function signServiceRecord(
  chainId: ChainId,
  sign: (message: Bytes) => Bytes,
  said: Unsigned<ServiceRecord>,
): ServiceRecord {
  return { type: 'service', ...said, signature: sign(serviceSignBytes(chainId, said)) }
}

export interface RecordRules {
  readonly chainId: ChainId
  /** Wall-clock time, ms. */
  readonly now: number
  readonly verifyPeer: (peer: string, message: Bytes, signature: Bytes) => boolean
  /** What stands behind a network key; left out while this node does not know the latest state. */
  readonly stakeOf?: ((networkKey: Bytes) => bigint) | undefined
}

/** Whether a record is worth keeping, and handing on. */
export function checkRecord(record: DirectoryRecord, rules: RecordRules): Result<DirectoryRecord> {
  const { chainId, now, verifyPeer, stakeOf } = rules
  if (record.type === 'service' && !/^[a-z0-9-]{1,32}$/.test(record.service))
    return reject('DHT_RECORD_INVALID', 'no name of a service')
  if (!/^[0-9A-Za-z]{1,64}$/.test(record.peer)) return reject('DHT_RECORD_INVALID', 'no peer id')
  const isSigned =
    record.type === 'validator'
      ? ed25519Verify(record.networkKey, validatorSignBytes(chainId, record), record.signature)
      : verifyPeer(record.peer, serviceSignBytes(chainId, record), record.signature)
  if (!isSigned) return reject('DHT_RECORD_FORGED', 'its author did not sign it')
  if (record.expiresAt <= now) return reject('DHT_RECORD_EXPIRED', `${Math.round((now - record.expiresAt) / 1000)} s ago`)
  if (record.expiresAt > now + recordLifetimeMsMax + skewMsMax) return reject('DHT_RECORD_EXPIRED', 'later than any may expire')
  if (record.type === 'validator' && stakeOf?.(record.networkKey) === 0n) return reject('DHT_RECORD_UNSTAKED')
  return ok(record)
}

/** Of two records of one author, the one to keep. */
export function isNewer(record: DirectoryRecord, than: DirectoryRecord): boolean {
  return record.sequence > than.sequence
}

function validatorSignBytes(chainId: ChainId, { networkKey, peer, addresses: at, ...rest }: Unsigned<ValidatorRecord>): Hash {
  return taggedHash('synod/validator-record', chainId, networkKey, ...signedParts(peer, at, rest))
}

function serviceSignBytes(chainId: ChainId, { service, peer, addresses: at, ...rest }: Unsigned<ServiceRecord>): Hash {
  return taggedHash('synod/service-record', chainId, utf8(service), ...signedParts(peer, at, rest))
}

function signedParts(
  peer: string,
  at: readonly string[],
  rest: { readonly sequence: number; readonly expiresAt: number },
): readonly Bytes[] {
  return [utf8(peer), integer(rest.sequence), integer(rest.expiresAt), ...at.map(utf8)]
}

/** Eight bytes, big-endian. */
function integer(value: number): Bytes {
  const encoded = new Uint8Array(8)
  new DataView(encoded.buffer).setBigUint64(0, BigInt(value))
  return encoded
}
