import { type Infer, struct, u64 } from '../../codec/schema.ts'

/**
 * Quotients of amounts, exact to 2⁻⁶⁴: three limbs of 64 bits, the lowest of which is the fraction. A sum of amounts below 2⁶⁴, one
 * a height, divided by at least 1 each, stays below 2⁶⁴ · 2⁵³ and has room in the upper two.
 */
export const fixedSchema = struct('Fixed', { high: u64(), low: u64(), fraction: u64() })
export type Fixed = Infer<typeof fixedSchema>

export const zeroFixed: Fixed = { high: 0n, low: 0n, fraction: 0n }

const limb = 0xffff_ffff_ffff_ffffn

/** The quotient's integer part, shifted left by 64 bits, with its fraction below. */
function fixedBits({ high, low, fraction }: Fixed): bigint {
  return (high << 128n) | (low << 64n) | fraction
}

/** What adding `amount` ÷ `parts` gives, rounded down, and how much of the amount that spends over all parts, rounded up. */
export function addQuotient(sum: Fixed, amount: bigint, parts: bigint): { readonly sum: Fixed; readonly spent: bigint } {
  const quotient = (amount << 64n) / parts
  const bits = fixedBits(sum) + quotient
  const spent = (quotient * parts + limb) >> 64n
  return { sum: { high: bits >> 128n, low: (bits >> 64n) & limb, fraction: bits & limb }, spent }
}

/** What `parts` parts have gained from one sum to a later one, rounded down. */
export function gained(parts: bigint, from: Fixed, to: Fixed): bigint {
  return (parts * (fixedBits(to) - fixedBits(from))) >> 64n
}
