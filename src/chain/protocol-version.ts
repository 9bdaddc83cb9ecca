import type { ChainSpec } from './chain-spec.ts'

/** The newest version of the chain's protocol that this program knows: the rules under which blocks are made and checked. */
export const protocolVersionKnown = 1

/** The version under which the block of a height is made: its header says it. */
export function protocolVersionAt({ chain }: Pick<ChainSpec, 'chain'>, height: number): number {
  const begun = chain.upgrades.filter((upgrade) => upgrade.height <= height)
  return Math.max(chain.protocol_version, ...begun.map(({ version }) => version))
}
