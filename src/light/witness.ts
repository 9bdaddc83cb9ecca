/**
 * What a second provider says of what the first one convinced of. One that differs has to convince from the same trusted header, and
 * is believed as little as the first: only when both do is the chain forked, and then the two blocks prove who lied.
 */
import { bytesEqual } from '../primitives/bytes.ts'
import { type AttackKind, analyseAttack, type LightAttack } from './attack.ts'
import { type Climb, climb } from './climb.ts'
import type { ConsistentBlock } from './light-block.ts'
import { fetchBlock, type LightProvider } from './provider.ts'
import { type TrustedBlock, trustedOf } from './trust.ts'
import { verifyLightBlock } from './verify-light-block.ts'

/** `silent`: it has no such block, or does not answer. `false`: it shows another that does not hold. */
export type Testimony =
  | { readonly type: 'agrees' | 'silent' | 'false' }
  | { readonly type: 'fork'; readonly attack: LightAttack & { readonly kind: AttackKind } }

/** Hears one witness on the way from `from` that `verified` led, the target last. */
export async function hear(
  witness: LightProvider,
  way: Climb,
  from: TrustedBlock,
  verified: readonly TrustedBlock[],
): Promise<Testimony> {
  const target = verified.at(-1)
  if (!target) return { type: 'agrees' }
  const theirs = await fetchBlock(witness, way.rules.chainId, target.height)
  if (!theirs.ok) return { type: theirs.error.code === 'LIGHT_NOT_HELD' ? 'silent' : 'false' }
  if (bytesEqual(theirs.value.hash, target.hash)) return { type: 'agrees' }
  return investigate({ ...way, provider: witness }, way.provider, from, verified)
}

/** From the last height on which both agree, whether the witness's block follows too. */
async function investigate(
  way: Climb,
  primary: LightProvider,
  from: TrustedBlock,
  verified: readonly TrustedBlock[],
): Promise<Testimony> {
  let common = from
  for (const ours of verified) {
    const theirs = await fetchBlock(way.provider, way.rules.chainId, ours.height)
    if (!theirs.ok) return { type: 'false' }
    if (bytesEqual(theirs.value.hash, ours.hash)) {
      common = ours
      continue
    }
    const follows = await climb(way, common, theirs.value)
    if (!follows.ok) return { type: follows.error.code === 'LIGHT_NOT_HELD' ? 'silent' : 'false' }
    if (!ours.block) return { type: 'false' }
    const pair = await narrow(way, primary, { common, first: ours.block, second: theirs.value })
    return { type: 'fork', attack: analyseAttack(pair.common, pair.first, pair.second) }
  }
  return { type: 'false' }
}

interface Pair {
  readonly common: TrustedBlock
  readonly first: ConsistentBlock
  readonly second: ConsistentBlock
}

/** Towards the first height on which they differ, as far as both can show it: the lower, the more the blocks must have in common. */
async function narrow(way: Climb, primary: LightProvider, pair: Pair): Promise<Pair> {
  const { common, first } = pair
  const distance = first.header.height - common.height
  if (distance < 2) return pair
  const height = common.height + Math.floor(distance / 2)
  const [one, other] = await Promise.all([
    fetchBlock(primary, way.rules.chainId, height),
    fetchBlock(way.provider, way.rules.chainId, height),
  ])
  if (!one.ok || !other.ok) return pair
  if (!(await holds(way, common, one.value)) || !(await holds(way, common, other.value))) return pair
  const closer = bytesEqual(one.value.hash, other.value.hash)
    ? { ...pair, common: trustedOf(one.value) }
    : { common, first: one.value, second: other.value }
  return narrow(way, primary, closer)
}

async function holds({ rules, now, checkBls }: Climb, trusted: TrustedBlock, untrusted: ConsistentBlock): Promise<boolean> {
  return (await verifyLightBlock({ trusted, untrusted, rules, now: now() }, checkBls)).type === 'SUCCESS'
}
