import { stateRangeSchema } from '../application/state-tree/range-proof.ts'
import { uint } from '../codec/schema.ts'
import { changesMax, lightBlockSchema } from '../light/light-block.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { chunkBounds, depthFor } from '../sync/path-division.ts'
import type { Chain } from './chain.ts'
import type { LightServer } from './light-server.ts'
import { recordOf, type SnapshotHead, type SnapshotRecord, snapshotHeadSchema } from './snapshot-file.ts'
import { serveSnapshotBlock } from './snapshot-server.ts'

/** Bytes of entries in one record. */
const rangeBytes = 1 << 20

/** What a file of the state after this height begins with. Throws STATE_VERSION_PRUNED where that, or its block, is not kept. */
export function snapshotHead({ chainId, state, blocks }: Chain, height: number): SnapshotHead {
  const { root, leaves: entries } = state.treeAt(height)
  const final = blocks.read(height)
  if (!final) throw new OperationalError('STATE_VERSION_PRUNED', `The block of height ${height} is not kept.`)
  return { chainId, height, hash: final.commit.blockHash, root, entries, depth: depthFor(entries) }
}

/**
 * A state as the records of a file: with it the block, its commit, and the light blocks at which other validators came in, so that whoever
 * trusts the genesis, or one of these blocks, can prove it.
 * @param onProgress called after each chunk.
 */
export async function* exportSnapshot(options: {
  readonly chain: Chain
  readonly light: Pick<LightServer, 'lightBlock' | 'validatorChanges'>
  readonly head: SnapshotHead
  readonly onProgress: (done: number, all: number) => void
}): AsyncGenerator<SnapshotRecord> {
  const { chain, light, head, onProgress } = options
  const { height, depth } = head
  yield recordOf('head', snapshotHeadSchema, head)
  for (const held of [...(await changesBelow(light, height)), height]) {
    const lightBlock = await light.lightBlock(held)
    if (lightBlock) yield recordOf('light-block', lightBlockSchema, lightBlock)
    else if (held === height) throw new OperationalError('STATE_VERSION_PRUNED', `Who decided height ${height} is not known.`)
  }
  let kind: 'block' | 'results' = 'block'
  for (const payload of serveSnapshotBlock(chain, height)) {
    yield { kind, payload }
    kind = 'results'
  }
  for (let chunk = 0; chunk < 2 ** depth; chunk++) {
    const { until, ...bounds } = chunkBounds(depth, chunk)
    for (let from: Uint8Array | undefined = bounds.from; from; ) {
      const range = chain.state.proveRange(from, rangeBytes, height, until)
      yield recordOf('range', stateRangeSchema, range)
      from = range.to === until ? undefined : range.to
    }
    onProgress(chunk + 1, 2 ** depth)
  }
  yield recordOf('end', uint(), 2 ** depth)
}

/** The heights below one after which other validators decided. */
async function changesBelow(light: Pick<LightServer, 'validatorChanges'>, height: number): Promise<readonly number[]> {
  const found: number[] = []
  for (let from = 0; ; ) {
    const changes = await light.validatorChanges(from)
    found.push(...changes.filter((changed) => changed < height))
    const last = changes.at(-1)
    if (last === undefined || last >= height || changes.length < changesMax) return found
    from = last
  }
}
