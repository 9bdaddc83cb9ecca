import { readRollbackPlan, rollBack } from '../../engine/rollback.ts'
import { loadNodeConfig } from '../../node/config/load-node-config.ts'
import { openDataDirectory, openDataDirectoryToRead } from '../../node/data-directory.ts'
import { answer } from '../frame/answer.ts'
import { homeOf } from '../frame/shared-options.ts'
import type { RecoveryInvocation } from './run-inspect.ts'

export async function runRollback({
  options,
  console,
}: RecoveryInvocation<{ readonly to: number; readonly yes: boolean }>): Promise<number> {
  const { environment } = console
  const { config, dataDirectory } = await loadNodeConfig({
    home: homeOf(options.home, console),
    environment,
    overrides: options.set,
  })
  const limits = { height: options.to, blocksMax: config.node.rollback_blocks_max }
  const { from } = await plan(dataDirectory, limits)
  if (!options.yes) {
    const lines = [
      `would take back ${from - options.to} blocks, from ${from} to ${options.to}; nothing was changed`,
      'add --yes to do it',
    ]
    answer(console, options.json, { from, to: options.to, done: false }, lines)
    return 0
  }
  const { disk, release } = await openDataDirectory(dataDirectory)
  try {
    const store = await disk.openStore('chain')
    try {
      await rollBack({ disk, store, ...limits, now: Date.now() })
    } finally {
      await store.close()
    }
  } finally {
    await release()
  }
  const line = `took back ${from - options.to} blocks: the chain ends at ${options.to}; the last-signed record is as it was`
  answer(console, options.json, { from, to: options.to, done: true }, [line])
  return 0
}

/** Refused before anything is opened for writing. */
async function plan(directory: string, limits: { height: number; blocksMax: number }): Promise<{ readonly from: number }> {
  const { disk, release } = await openDataDirectoryToRead(directory)
  try {
    const store = await disk.openStore('chain')
    try {
      return await readRollbackPlan({ store, ...limits })
    } finally {
      await store.close()
    }
  } finally {
    await release()
  }
}
