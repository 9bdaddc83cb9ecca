import { lightBlockToView } from '../../../api/to-view.ts'
import { toHex } from '../../../primitives/bytes.ts'
import { OperationalError } from '../../../primitives/operational-error.ts'
import type { MadeChain } from '../made-chain.ts'
import { openInChromium } from './chromium.ts'
import { type PageServer, servePage } from './page-server.ts'

export interface BrowserTask {
  readonly chain: MadeChain
  readonly witness?: MadeChain
  readonly height: number
}

/** What the page found, and how long it took, requests included. */
export interface BrowserOutcome {
  readonly hash?: string
  readonly error?: string
  readonly detail?: string
  readonly ms: number
}

/** Has a browser follow these chains with the client's own code, served as an API serves them. Throws NODE_STOPPED past the deadline. */
export async function followInBrowser(
  program: string,
  tasks: readonly BrowserTask[],
  deadlineMs: number,
): Promise<readonly BrowserOutcome[]> {
  const outcomes = new Map<number, BrowserOutcome>()
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  const servers: PageServer[] = []
  const serveChain = async (chain: MadeChain): Promise<string> => {
    const server = await servePage('', async (path) => {
      const height = Number(path.split('/').at(-1))
      if (path.startsWith('/v1/validator-changes/')) return { heights: chain.changesAbove(height) }
      return lightBlockToView(chain.lightBlock(height))
    })
    servers.push(server)
    return server.url
  }
  const views = await Promise.all(
    tasks.map(async (task, index) =>
      taskToView(task, index, await serveChain(task.chain), task.witness && (await serveChain(task.witness))),
    ),
  )
  const page = await servePage('cli/bench/browser/light-page', async (path, body) => {
    if (path === '/tasks') return views
    if (path !== '/outcomes') return undefined
    const { id, ...outcome } = JSON.parse(body) as BrowserOutcome & { readonly id: string }
    outcomes.set(Number(id), outcome)
    if (outcomes.size === tasks.length) resolve()
    return {}
  })
  servers.push(page)
  const timer = setTimeout(() => reject(new OperationalError('NODE_STOPPED', 'The browser did not answer in time.')), deadlineMs)
  const close = await openInChromium(program, page.url)
  try {
    await done
    return tasks.map((_, index) => outcomes.get(index) as BrowserOutcome)
  } finally {
    clearTimeout(timer)
    await close()
    for (const server of servers) server.stop()
  }
}

function taskToView({ chain, height }: BrowserTask, index: number, api: string, witness: string | undefined) {
  return {
    id: String(index),
    api,
    witness: witness ?? null,
    height,
    chainId: toHex(chain.chainId),
    genesisTime: chain.genesis.time,
    validators: chain.genesis.next.validators.map(({ consensusKey, power }) => ({
      consensusKey: toHex(consensusKey),
      power: power.toString(),
    })),
  }
}
