/** How much of a trusted set stands behind a header, and who else signed it. */
import { bitmapIndices } from '../chain/bitmap.ts'
import type { ConsensusKey } from '../chain/identifiers.ts'
import type { ValidatorSet } from '../chain/validator-set.ts'
import { bytesKey } from '../primitives/bytes.ts'
import type { ConsistentBlock } from './light-block.ts'
import type { TrustRules } from './trust.ts'

/** What the signers of a commit have in a trusted set, and those of them who are not in it. */
export function overlapOf(
  trusted: ValidatorSet,
  { commit, validators }: ConsistentBlock,
): { readonly power: bigint; readonly strangers: readonly ConsensusKey[] } {
  const powers = new Map(trusted.validators.map((validator) => [bytesKey(validator.consensusKey), validator.power]))
  const strangers: ConsensusKey[] = []
  let power = 0n
  for (const index of bitmapIndices(commit.signers)) {
    const key = validators.validators[index]?.consensusKey as ConsensusKey
    const known = powers.get(bytesKey(key))
    if (known === undefined) strangers.push(key)
    power += known ?? 0n
  }
  return { power, strangers }
}

export function isEnough(power: bigint, total: bigint, { level }: TrustRules): boolean {
  return BigInt(level.denominator) * power > BigInt(level.numerator) * total
}
