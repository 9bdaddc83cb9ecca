import { join } from 'node:path'
import { toHex } from '../../primitives/bytes.ts'
import { depthFor } from '../../sync/path-division.ts'
import { aligned, answer } from '../frame/answer.ts'
import { homeOf } from '../frame/shared-options.ts'
import { listFiles, snapshotDirectory } from './snapshot-files.ts'
import { type SnapshotInvocation, withStoppedChain } from './stopped-chain.ts'

/** The files that were created, and the states of which one could be. */
export async function runSnapshotList(invocation: SnapshotInvocation<object>): Promise<number> {
  const { options, console } = invocation
  return withStoppedChain(invocation, async ({ home, chain }) => {
    const files = (await listFiles(join(homeOf(options.home, console), snapshotDirectory))).map(({ path, bytes, head }) => ({
      height: head.height,
      root: toHex(head.root),
      entries: head.entries,
      chunks: 2 ** head.depth,
      bytes,
      file: path,
    }))
    const interval = home.config.state.snapshot_interval_blocks
    const states = chain.state.kept().flatMap((height) => {
      if (height < 1 || height < chain.blocks.oldest) return []
      const { root, leaves: entries } = chain.state.treeAt(height)
      const offered = interval > 0 && height % interval === 0
      return [{ height, root: toHex(root), entries, chunks: 2 ** depthFor(entries), offered }]
    })
    const rows = files.map(({ height, root, entries, chunks, bytes, file }): [string, string] => [
      `${height}`,
      `${root}  ${entries} entries, ${chunks} chunks, ${bytes} bytes: ${file}`,
    ])
    const kept = states.map(({ height, root, entries, chunks, offered }): [string, string] => [
      `${height}`,
      `${root}  ${entries} entries, ${chunks} chunks${offered ? ', offered to peers' : ''}`,
    ])
    answer(console, options.json, { files, states }, [
      'files',
      ...(rows.length > 0 ? aligned(rows) : ['none']),
      '',
      'states on disk, of which a file can be made',
      ...(kept.length > 0 ? aligned(kept) : ['none']),
    ])
    return 0
  })
}
