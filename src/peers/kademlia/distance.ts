import { type Hash, hashBytes, sha256 } from '../../crypto/hash.ts'
import { type Bytes, utf8 } from '../../primitives/bytes.ts'

/**
 * Kademlia's metric (Maymounkov and Mazières, 2002): every peer and everything that is looked for has a place of 256 bits, and the
 * distance of two places is their exclusive or, read as a number. A peer's place is the hash of its id, so that to stand near a
 * given place costs as many keys as there are nodes. Spec: docs/spec/discovery.md, "Distance".
 */
export type Place = Hash

export const placeBits = 8 * hashBytes

export function placeOfPeer(peer: string): Place {
  return sha256(utf8(peer))
}

/** Which of two places is closer to the target: below 0 when `left` is, 0 when they are the same place. */
export function compareDistance(target: Place, left: Place, right: Place): number {
  for (let index = 0; index < hashBytes; index++) {
    const aim = target[index] as number
    const difference = (aim ^ (left[index] as number)) - (aim ^ (right[index] as number))
    if (difference !== 0) return difference
  }
  return 0
}

/** The number of leading bits that two places share: 0 for the far half of everybody, 256 for the place itself. */
export function sharedBits(left: Place, right: Place): number {
  for (let index = 0; index < hashBytes; index++) {
    const difference = (left[index] as number) ^ (right[index] as number)
    if (difference !== 0) return 8 * index + Math.clz32(difference) - 24
  }
  return placeBits
}

/** A place that shares exactly `bits` (0 to 255) leading bits with `self`, the rest after `chance`, 32 unpredictable bytes. */
export function placeSharing(self: Place, bits: number, chance: Bytes): Place {
  const place = Uint8Array.from(chance)
  const whole = bits >> 3
  place.set(self.subarray(0, whole))
  const kept = 0xff00 >> (bits & 7)
  const flipped = 0x80 >> (bits & 7)
  const own = self[whole] as number
  place[whole] = (own & kept & 0xff) | (~own & flipped) | ((place[whole] as number) & ~kept & ~flipped & 0xff)
  return place
}
