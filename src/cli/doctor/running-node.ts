import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lockDirectory } from '../../adapters/file/directory-lock.ts'
import { createClient } from '../../client/client.ts'
import type { StatusView } from '../../client/views.ts'
import type { NodeHome } from '../../node/config/load-node-config.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { urlOfApi } from '../frame/api-address.ts'

/** The node of this home, where it runs. */
export interface RunningNode {
  /** Undefined where its API is off or does not answer. */
  readonly status: StatusView | undefined
  /** Peers that have connected to it, rather than it to them. */
  readonly inboundPeers: number
  /** Waits for a block to become final, and says how old it is by this machine's clock, ms; undefined when none does in time. */
  nextBlockAgeMs(timeoutMs: number): Promise<number | undefined>
}

const askEveryMs = 50

/** A node that runs holds its data directory. */
export async function findRunningNode({ config, dataDirectory }: NodeHome): Promise<RunningNode | undefined> {
  if (!(await isHeld(dataDirectory))) return undefined
  if (!config.api.enabled) return { status: undefined, inboundPeers: 0, nextBlockAgeMs: async () => undefined }
  const client = createClient(urlOfApi(config.api))
  const [status, peers] = await Promise.all([
    client.status().catch(() => undefined),
    client.peers().then(
      (view) => view.peers,
      () => [],
    ),
  ])
  return {
    status,
    inboundPeers: peers.filter(({ direction }) => direction === 'inbound').length,
    async nextBlockAgeMs(timeoutMs) {
      const deadline = performance.now() + timeoutMs
      const first = await client.status().catch(() => undefined)
      while (first?.mode === 'consensus' && performance.now() < deadline) {
        await new Promise((resume) => setTimeout(resume, askEveryMs))
        const { height, blockTime } = (await client.status().catch(() => undefined)) ?? first
        if (height > first.height) return Date.now() - blockTime
      }
      return undefined
    },
  }
}

async function isHeld(directory: string): Promise<boolean> {
  if (!(await stat(join(directory)).catch(() => undefined))) return false
  try {
    const lock = await lockDirectory(directory)
    await lock.release()
    return false
  } catch (error) {
    if (error instanceof OperationalError && error.code === 'DATA_DIR_LOCKED') return true
    throw error
  }
}
