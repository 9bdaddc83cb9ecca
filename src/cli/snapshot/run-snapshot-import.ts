import { access, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { syncDirectoryOf } from '../../adapters/file/sync-directory.ts'
import { chainIdOf } from '../../chain/chain-spec.ts'
import { genesisOf } from '../../chain/genesis.ts'
import { blsVerifyBatch } from '../../crypto/bls.ts'
import { openChain } from '../../engine/chain.ts'
import { readRecords } from '../../engine/snapshot-file.ts'
import { importSnapshot } from '../../engine/snapshot-import.ts'
import { loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { openDataDirectory } from '../../node/data-directory.ts'
import type { Disk } from '../../ports/disk.ts'
import { fromHex, toHex } from '../../primitives/bytes.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { answer } from '../frame/answer.ts'
import { homeOf } from '../frame/shared-options.ts'
import { chunkProgress } from './chunk-progress.ts'
import { readParts } from './snapshot-files.ts'
import type { SnapshotInvocation } from './stopped-chain.ts'

interface ImportInvocation extends SnapshotInvocation<{ readonly trust: string | undefined }> {
  readonly arguments: readonly string[]
}

/** Where the store grows until all of it is proved. */
const growing = 'chain-import'
const hourMs = 3_600_000

/** Begins a node with the state in a file. Nothing is left of an import that failed. */
export async function runSnapshotImport(invocation: ImportInvocation): Promise<number> {
  const { options, console } = invocation
  const file = resolve(console.workingDirectory, invocation.arguments[0] as string)
  const trust = trustOf(options.trust)
  const { environment } = console
  const home = await loadNodeConfig({ home: homeOf(options.home, console), environment, overrides: options.set })
  const { dataDirectory } = home
  const { disk, release } = await openDataDirectory(dataDirectory)
  try {
    await refuseExisting(join(dataDirectory, 'chain'))
    await rm(join(dataDirectory, growing), { recursive: true, force: true })
    try {
      const head = await importInto(disk, { file, home, trust, onProgress: chunkProgress(console, 'chunks proved') })
      await rename(join(dataDirectory, growing), join(dataDirectory, 'chain'))
      await syncDirectoryOf(join(dataDirectory, 'chain'))
      const found = { height: head.height, hash: toHex(head.hash), root: toHex(head.root), entries: head.entries }
      answer(console, options.json, found, [
        `the node begins with the state after block ${head.height}, ${head.entries} entries: start it, and it takes the blocks since`,
      ])
    } catch (error) {
      await rm(join(dataDirectory, growing), { recursive: true, force: true })
      throw error
    }
  } finally {
    await release()
  }
  return 0
}

async function importInto(
  disk: Disk,
  options: {
    readonly file: string
    readonly home: Awaited<ReturnType<typeof loadNodeConfig>>
    readonly trust: ReturnType<typeof trustOf>
    readonly onProgress: (done: number, all: number) => void
  },
) {
  const { home, file } = options
  const { spec, application } = await loadChain(home)
  const store = await disk.openStore(growing)
  try {
    const { state_versions_kept: stateVersionsKept } = home.config.node
    const common = { chainId: chainIdOf(spec), genesis: genesisOf(spec), stateVersionsKept }
    const chain = await openChain({ ...common, store, spec, application })
    return await importSnapshot({
      ...options,
      records: readRecords(readParts(file)),
      chain,
      store,
      spec,
      periodMs: home.config.state.trust_period_hours * hourMs,
      checkBls: async (items) => blsVerifyBatch(items),
      now: Date.now,
    })
  } finally {
    await store.close()
  }
}

async function refuseExisting(location: string): Promise<void> {
  const exists = await access(location).then(
    () => true,
    () => false,
  )
  if (!exists) return
  throw new OperationalError('DATA_DIR_NOT_EMPTY', 'The node has a chain already.', { where: location })
}

/** `genesis`, or a height and a hash with a colon between. */
function trustOf(text: string | undefined): { readonly height: number; readonly hash: Uint8Array } | undefined {
  if (text === undefined || text === 'genesis') return undefined
  const [height = '', hash = ''] = text.split(':')
  const bytes = fromHex(hash)
  if (/^[1-9][0-9]{0,14}$/.test(height) && bytes?.length === 32) return { height: Number(height), hash: bytes }
  throw new OperationalError('USAGE_INVALID', 'What is trusted is genesis, or a block as height:hash with 64 hexadecimal digits.')
}
