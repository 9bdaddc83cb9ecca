import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelStore } from '../../adapters/level/level-store.ts'
import { replay } from '../../engine/replay.ts'
import { loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { openDataDirectoryToRead } from '../../node/data-directory.ts'
import type { Store } from '../../ports/store.ts'
import { answer } from '../frame/answer.ts'
import { homeOf } from '../frame/shared-options.ts'
import type { RecoveryInvocation } from './run-inspect.ts'

const blocksPerNote = 1_000

export async function runReplay({
  options,
  console,
}: RecoveryInvocation<{ readonly from: number | undefined; readonly to: number | undefined }>): Promise<number> {
  const { environment } = console
  const home = await loadNodeConfig({ home: homeOf(options.home, console), environment, overrides: options.set })
  const { spec, application } = await loadChain(home)
  const { disk, release } = await openDataDirectoryToRead(home.dataDirectory)
  const scratch = await mkdtemp(join(tmpdir(), 'synod-replay-'))
  const stores: Store[] = []
  const opened = async (store: Promise<Store>): Promise<Store> => {
    stores.push(await store)
    return store
  }
  try {
    const done = await replay({
      spec,
      application,
      source: await opened(disk.openStore('chain')),
      copy: await opened(disk.openStore('chain')),
      empty: await opened(openLevelStore(scratch)),
      from: options.from,
      to: options.to,
      onBlock(height) {
        if (height % blocksPerNote === 0) console.err(`block ${height}\n`)
      },
    })
    const { from, to, transactions } = done
    const line = `blocks ${from + 1} to ${to}, ${transactions} transactions: every state is the one its header promises`
    answer(console, options.json, { ...done, agrees: true }, [line])
    return 0
  } finally {
    for (const store of stores) await store.close()
    await rm(scratch, { recursive: true, force: true })
    await release()
  }
}
