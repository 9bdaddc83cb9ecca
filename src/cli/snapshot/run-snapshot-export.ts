import { join, resolve } from 'node:path'
import { exportSnapshot, snapshotHead } from '../../engine/snapshot-export.ts'
import { writeRecords } from '../../engine/snapshot-file.ts'
import { toHex } from '../../primitives/bytes.ts'
import { answer } from '../frame/answer.ts'
import { homeOf } from '../frame/shared-options.ts'
import { chunkProgress } from './chunk-progress.ts'
import { snapshotDirectory, snapshotPath, writeWhole } from './snapshot-files.ts'
import { type SnapshotInvocation, withStoppedChain } from './stopped-chain.ts'

/** Writes the state of a height, the newest unless given, into the home's own directory of snapshots or to a file. */
export async function runSnapshotExport(
  invocation: SnapshotInvocation<{ readonly height: number | undefined; readonly to?: string | undefined }>,
): Promise<number> {
  const { options, console } = invocation
  return withStoppedChain(invocation, async ({ chain, light }) => {
    const head = snapshotHead(chain, options.height ?? chain.tip().height)
    const { height } = head
    const path =
      options.to === undefined
        ? snapshotPath(join(homeOf(options.home, console), snapshotDirectory), height)
        : resolve(console.workingDirectory, options.to)
    const records = exportSnapshot({ chain, light, head, onProgress: chunkProgress(console, 'chunks written') })
    const bytes = await writeWhole(path, writeRecords(records))
    const found = { file: path, height, hash: toHex(head.hash), root: toHex(head.root), bytes, chunks: 2 ** head.depth }
    answer(console, options.json, { ...found, entries: head.entries }, [
      `${path}: the state after block ${height}, ${head.entries} entries, ${bytes} bytes`,
      `tell whoever imports it the block: ${height}:${found.hash}`,
    ])
    return 0
  })
}
