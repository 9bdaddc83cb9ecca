import type { SimulatedNode } from '../simulated-node.ts'
import type { FinalBlocks } from './final-blocks.ts'
import type { Violation } from './violation.ts'

/** How many blocks everybody must make final after everything has healed. */
const blocksToGrow = 2

/** What is still missing until a network has recovered; `undefined` when it has. */
export function failureToRecover(options: {
  readonly honest: readonly SimulatedNode[]
  readonly blocks: FinalBlocks
  /** The highest final block when everything had healed. */
  readonly healedHeight: number
  /** Whether all transactions from before that are final. */
  readonly served: boolean
  /** Consensus keys, in hexadecimal, of validators who vote twice, and blunder in doing so. */
  readonly doubleVoters: readonly string[]
}): Violation | undefined {
  const { honest, blocks, healedHeight } = options
  for (const { id: node, running } of honest) {
    const height = running?.status().height ?? 0
    if (height < healedHeight + blocksToGrow) {
      const detail = running ? `still at ${height}: the chain was at ${healedHeight} when all had healed` : 'down'
      return { check: 'liveness', node, height, detail }
    }
  }
  const all = { node: 'all', height: blocks.height }
  if (!options.served) return { ...all, check: 'liveness', detail: 'a transaction from before the healing is not final' }
  const spared = options.doubleVoters.find((key) => !blocks.accused.has(key))
  return spared === undefined
    ? undefined
    : { ...all, check: 'justice', detail: `${spared.slice(0, 16)} votes twice, and is not accused` }
}
