import { decode, encode } from '../codec/codec.ts'
import { bytes, type Infer, list, struct, uint } from '../codec/schema.ts'
import { hashBytes } from '../crypto/hash.ts'
import type { Disk } from '../ports/disk.ts'
import type { Store } from '../ports/store.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { openBlockStore } from './block-store.ts'
import { forgetConsensusLog } from './consensus-log.ts'
import { openStateStore } from './state-store.ts'

/**
 * Takes back the newest blocks of a stopped node, by an operator's decision alone. The last-signed record stays as it is: the node will
 * not sign again at a height at which it has signed, whatever becomes of the blocks there. Spec: docs/runbooks/recovery.md.
 */
const rollbackSchema = struct('Rollback', {
  /** Wall-clock time, ms. */
  at: uint(),
  from: uint(),
  fromHash: bytes({ length: hashBytes }),
  to: uint(),
  toRoot: bytes({ length: hashBytes }),
})
export type Rollback = Infer<typeof rollbackSchema>

const recordsMax = 1_000
const rollbacksSchema = struct('Rollbacks', { rollbacks: list(rollbackSchema, { max: recordsMax }) })
const fileName = 'rollbacks'

/** What was rolled back on this disk, the oldest first. */
export async function readRollbacks(disk: Pick<Disk, 'readSmall'>): Promise<readonly Rollback[]> {
  const file = await disk.readSmall(fileName)
  if (!file) return []
  const decoded = decode(rollbacksSchema, file)
  if (decoded.ok) return decoded.value.rollbacks
  const hint = 'The file is a record for people: move it away, and go on.'
  throw new OperationalError('STORE_CORRUPT', 'The record of rollbacks is damaged.', { where: fileName, hint })
}

interface RollbackLimits {
  readonly store: Store
  readonly height: number
  /** Most blocks to take back. */
  readonly blocksMax: number
}

/** From where a rollback would lead. Changes nothing. Throws ROLLBACK_REFUSED. */
export async function readRollbackPlan(limits: RollbackLimits): Promise<{ readonly from: number }> {
  const { state } = await planned(limits)
  return { from: state.version }
}

/**
 * Back to `height`. Noted before it begins; interrupted, it is done again or ends when the node starts. Throws ROLLBACK_REFUSED, with
 * nothing changed.
 */
export async function rollBack({
  disk,
  now,
  ...limits
}: RollbackLimits & {
  readonly disk: Disk
  /** Wall-clock time, ms. */
  readonly now: number
}): Promise<Rollback> {
  const { height } = limits
  const { state, blocks } = await planned(limits)
  const { version, root } = state
  const fromHash = blocks.read(version)?.commit.blockHash ?? root
  const rollback: Rollback = { at: now, from: version, fromHash, to: height, toRoot: state.treeAt(height).root }
  const before = await readRollbacks(disk)
  await disk.writeSmall(fileName, encode(rollbacksSchema, { rollbacks: [...before, rollback].slice(-recordsMax) }))
  await forgetConsensusLog(disk)
  await state.rollback(height)
  await blocks.rollback(height)
  return rollback
}

/** Opening drops nothing: only a commit does. */
async function planned({ store, height, blocksMax }: RollbackLimits) {
  const state = await openStateStore(store)
  const blocks = openBlockStore(store)
  const { version, oldest } = state
  refuse(height, { version, oldestState: oldest, oldestBlock: blocks.oldest, blocksMax, kept: state.kept().includes(height) })
  return { state, blocks }
}

function refuse(
  height: number,
  found: { version: number; oldestState: number; oldestBlock: number; blocksMax: number; kept: boolean },
): void {
  const { version, oldestState, oldestBlock, blocksMax, kept } = found
  const refusal = (message: string) => new OperationalError('ROLLBACK_REFUSED', message)
  if (height >= version) throw refusal(`The chain is at height ${version}: there is nothing after ${height} to take back.`)
  if (version - height > blocksMax) {
    throw refusal(`From ${version} to ${height} are ${version - height} blocks; the limit is ${blocksMax}.`)
  }
  if (!kept) throw refusal(`The state at height ${height} is not kept; the oldest that is has height ${oldestState}.`)
  if (height > 0 && height < oldestBlock) {
    throw refusal(`The block of height ${height} is not kept; the oldest that is has height ${oldestBlock}.`)
  }
}
