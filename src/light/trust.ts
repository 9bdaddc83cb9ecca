/** What a light client believes, and for how long. */
import type { ChainId } from '../chain/identifiers.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import type { Hash } from '../crypto/hash.ts'
import type { ConsistentBlock } from './light-block.ts'

/** A header that is believed, with those who decide the height after it. */
export interface TrustedBlock {
  readonly height: number
  readonly hash: Hash
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  readonly next: ValidatorSet
  /** Absent for genesis, which has none. */
  readonly block?: ConsistentBlock
}

/** A fraction of the trusted power, from one third up to all of it. */
export interface TrustLevel {
  readonly numerator: number
  readonly denominator: number
}

export interface TrustRules {
  readonly chainId: ChainId
  /** More than this part of a trusted set must have signed a header that does not directly follow. */
  readonly level: TrustLevel
  /** How long after its time a trusted header convinces of others, ms: shorter than stake takes to be free. */
  readonly periodMs: number
  /** How far clocks may stand apart, ms. */
  readonly clockDriftMs: number
}

/** At least one honest validator stands behind more than a third. */
export const oneThird: TrustLevel = { numerator: 1, denominator: 3 }

/** What a chain begins with, as a header of height 0. */
export function genesisTrust(genesis: {
  readonly chainId: ChainId
  readonly time: number
  readonly validators: ValidatorSet
}): TrustedBlock {
  return { height: 0, hash: genesis.chainId, time: genesis.time, next: genesis.validators }
}

export function trustedOf(block: ConsistentBlock): TrustedBlock {
  const { header, hash, next } = block
  return { height: header.height, hash, time: header.time, next, block }
}

/** A header convinces of others until its time is this long ago. */
export function isExpired(
  { time }: Pick<TrustedBlock, 'time'>,
  { periodMs }: Pick<TrustRules, 'periodMs'>,
  now: number,
): boolean {
  return time + periodMs <= now
}

export function isTrustLevel({ numerator, denominator }: TrustLevel): boolean {
  const whole = Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator) && denominator > 0
  return whole && 3 * numerator >= denominator && numerator <= denominator
}
