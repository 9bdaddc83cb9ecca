import type { Hash } from '../crypto/hash.ts'
import type { Entropy } from '../ports/entropy.ts'
import type { PeerId } from '../ports/network.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import { createRollingBloom, type RollingBloom } from '../primitives/rolling-bloom.ts'

/**
 * Which batches each peer has, or has been told of: pushed, announced or served, in either direction. What a peer knows it is not told
 * again. One filter of 13 KB a peer, where the hashes themselves would take half a megabyte; who is wrongly taken to know a batch, one
 * time in a thousand, hears of it from others or pulls it when a proposal names it.
 */
export interface KnownBatches {
  /** The peer is connected: from now on it is remembered what it knows. */
  meet(peer: PeerId): void
  /** Without effect for a peer that has gone: what it sent last may still be under way when it is forgotten. */
  add(peer: PeerId, hash: Hash): void
  has(peer: PeerId, hash: Hash): boolean
  forget(peer: PeerId): void
}

/** Batches of the last seconds under load; older ones nobody tells any more. */
const perPeer = 4096
const falsePositiveRate = 0.001
/** More than any node has connections. */
const peersMax = 8192

export function createKnownBatches(entropy: Entropy): KnownBatches {
  const filters = createBoundedMap<PeerId, RollingBloom>(peersMax)
  return {
    meet: (peer) => filters.set(peer, createRollingBloom({ capacity: perPeer, falsePositiveRate, salt: entropy.bytes(8) })),
    add: (peer, hash) => filters.get(peer)?.add(hash),
    has: (peer, hash) => filters.peek(peer)?.has(hash) ?? false,
    forget: (peer) => void filters.delete(peer),
  }
}
