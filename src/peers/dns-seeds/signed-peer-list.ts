import { type ChainId, hash } from '../../chain/identifiers.ts'
import { decode, encode } from '../../codec/codec.ts'
import { bytes, type Infer, list, literal, struct, text, uint } from '../../codec/schema.ts'
import { type Ed25519Keypair, ed25519Sign, ed25519Verify } from '../../crypto/ed25519.ts'
import { type Hash, taggedHash } from '../../crypto/hash.ts'
import { type Bytes, bytesEqual } from '../../primitives/bytes.ts'
import { ok, type Result, reject } from '../../primitives/result.ts'

/**
 * Peers that a seed has tested, in the name of a key that the chain spec lists: whatever resolvers stand between, the list is the
 * seed's or it is refused. It expires, so that an old one cannot be played back for ever. Spec: docs/spec/discovery.md, "The signed list".
 */
export const seedListAddressesMax = 64
/** No list holds for longer, whatever it says. */
export const seedListLifeMaxMs = 31 * 86_400_000
/** Resolvers remember lists for a while, each its own: so much older than the newest one may be. */
const staleToleranceMs = 3_600_000
/** How far the clocks of a seed and a node may stand apart. */
const clockToleranceMs = 600_000

export const seedPeerListSchema = struct('SeedPeerList', {
  version: literal(1),
  chainId: hash,
  /** Rises with each list of a key. */
  sequence: uint(),
  /** Milliseconds since the Unix epoch, as the next. */
  issuedAt: uint(),
  expiresAt: uint(),
  /** Multiaddrs, each with its peer id, the best first. */
  addresses: list(text({ max: 256 }), { max: seedListAddressesMax }),
})
export type SeedPeerList = Infer<typeof seedPeerListSchema>

export const seedListBytesMax = seedPeerListSchema.sizeMax

/** What is published: the encoded list, and a signature of exactly these bytes. */
export const signedPeerListSchema = struct('SignedPeerList', {
  list: bytes({ max: seedListBytesMax }),
  signer: bytes({ length: 32 }),
  signature: bytes({ length: 64 }),
})

export function signPeerList(list: SeedPeerList, keypair: Ed25519Keypair): Bytes {
  const encoded = encode(seedPeerListSchema, list)
  const signature = ed25519Sign(keypair, signedHash(encoded))
  return encode(signedPeerListSchema, { list: encoded, signer: keypair.publicKey, signature })
}

export interface SeedListTrust {
  readonly chainId: ChainId
  /** Ed25519 public keys of the chain spec. */
  readonly keys: readonly Bytes[]
  /** Milliseconds since the Unix epoch. */
  readonly now: number
  /** The newest list accepted of a key. */
  readonly newestOf: (signer: Bytes) => Pick<SeedPeerList, 'sequence' | 'issuedAt'> | undefined
}

export interface VerifiedPeerList extends SeedPeerList {
  readonly signer: Bytes
}

/** The list, when a key of the chain signed it for this chain and it has not expired. */
export function verifyPeerList(published: Bytes, trust: SeedListTrust): Result<VerifiedPeerList> {
  const envelope = decode(signedPeerListSchema, published)
  if (!envelope.ok) return reject('SEED_LIST_MALFORMED', envelope.error.code)
  const { list: encoded, signer, signature } = envelope.value
  if (!trust.keys.some((key) => bytesEqual(key, signer))) return reject('SEED_LIST_UNKNOWN_KEY')
  if (!ed25519Verify(signer, signedHash(encoded), signature)) return reject('SEED_LIST_FORGED')
  const decoded = decode(seedPeerListSchema, encoded)
  if (!decoded.ok) return reject('SEED_LIST_MALFORMED', decoded.error.code)
  const { chainId, sequence, issuedAt, expiresAt } = decoded.value
  if (!bytesEqual(chainId, trust.chainId)) return reject('SEED_LIST_WRONG_CHAIN')
  if (issuedAt > expiresAt || expiresAt - issuedAt > seedListLifeMaxMs) return reject('SEED_LIST_MALFORMED', 'its life')
  if (trust.now > expiresAt + clockToleranceMs) return reject('SEED_LIST_EXPIRED')
  if (trust.now < issuedAt - clockToleranceMs) return reject('SEED_LIST_EXPIRED', 'it is of a time to come')
  const newest = trust.newestOf(signer)
  if (newest && sequence < newest.sequence && issuedAt < newest.issuedAt - staleToleranceMs) return reject('SEED_LIST_STALE')
  return ok({ ...decoded.value, signer })
}

function signedHash(encoded: Bytes): Hash {
  return taggedHash('synod/seed-list', encoded)
}
