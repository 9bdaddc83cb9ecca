import type { Validator } from '../../chain/validator-set.ts'

/**
 * More than two thirds of the power. Counted here by itself, not with the code under test: a checker that shared a mistake with the
 * nodes would be blind to it.
 */
export function haveQuorum(validators: readonly Validator[], voted: (validator: Validator, index: number) => boolean): boolean {
  let total = 0n
  let power = 0n
  for (const [index, validator] of validators.entries()) {
    total += validator.power
    if (voted(validator, index)) power += validator.power
  }
  return power * 3n > total * 2n
}

/** Whether a validator stands in a commit's bitmap, the first in the lowest bit of the first byte. */
export function hasSigned(bitmap: Uint8Array, index: number): boolean {
  return (((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 1
}
