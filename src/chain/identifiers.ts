import { bytes } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Bytes } from '../primitives/bytes.ts'

declare const brand: unique symbol

/** 20 bytes: the head of the tagged hash of an account's Ed25519 key. Shown as bech32m with the chain's prefix. */
export type Address = Bytes & { readonly [brand]?: 'Address' }
/** 32 bytes: an account's Ed25519 public key. */
export type AccountKey = Bytes & { readonly [brand]?: 'AccountKey' }
/** 48 bytes: a validator's BLS12-381 public key (min-pk). */
export type ConsensusKey = Bytes & { readonly [brand]?: 'ConsensusKey' }
/** 96 bytes: a BLS12-381 signature, single or aggregated. */
export type ConsensusSignature = Bytes & { readonly [brand]?: 'ConsensusSignature' }
/** 32 bytes: the hash of the chain spec. It is part of everything that is signed. */
export type ChainId = Hash

export const hash = bytes<Hash>({ length: 32 })
export const address = bytes<Address>({ length: 20 })
export const accountKey = bytes<AccountKey>({ length: 32 })
export const accountSignature = bytes({ length: 64 })
export const consensusKey = bytes<ConsensusKey>({ length: 48 })
export const consensusSignature = bytes<ConsensusSignature>({ length: 96 })
