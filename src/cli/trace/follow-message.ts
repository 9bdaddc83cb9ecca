import { ClientError } from '../../client/client-error.ts'
import type { TraceView } from '../../client/operator-views.ts'
import type { Subject, Told } from './message-path.ts'
import type { AskedNode } from './nodes-to-ask.ts'

/** What all nodes told of a message, and of the batch and the block it went into. */
export interface FollowedMessage {
  readonly told: readonly Told[]
  /** Its final block, where it is a transaction in one. */
  readonly block: { readonly height: number; readonly hash: string } | undefined
  /** Nodes that did not answer, and why. */
  readonly silent: readonly { readonly node: string; readonly reason: string }[]
  /** Peer ids of those that did. */
  readonly names: ReadonlyMap<string, string>
  /** What happened earlier at least one of them may have forgotten, ms. */
  readonly completeSince: number | undefined
}

/** Batches of one transaction, and blocks of one batch, that are followed at most. */
const followedMax = 8

/** Asks all nodes for a hash, then for the batches and blocks that their answers name. */
export async function followMessage(hash: string, nodes: readonly AskedNode[]): Promise<FollowedMessage> {
  const told: Told[] = []
  const silent = new Map<string, string>()
  const names = new Map<string, string>()
  let completeSince: number | undefined

  async function askAll(subject: Subject, asked: string): Promise<readonly TraceView[]> {
    const views = await Promise.all(nodes.map((node) => ask(node, asked)))
    for (const [place, view] of views.entries()) {
      const { name } = nodes[place] as AskedNode
      if (!view) continue
      names.set(view.peerId, name)
      if (view.completeSince !== null) completeSince = Math.max(completeSince ?? 0, view.completeSince)
      told.push({ node: name, subject, hash: asked, view })
    }
    return views.filter((view) => view !== undefined)
  }

  async function ask({ name, client }: AskedNode, asked: string): Promise<TraceView | undefined> {
    if (silent.has(name)) return undefined
    try {
      return await client.operator.trace(asked)
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      silent.set(name, `${error.code}: ${error.message}`)
      return undefined
    }
  }

  const first = await askAll('block', hash)
  const subject = subjectOf(first)
  for (const [place, entry] of told.entries()) told[place] = { ...entry, subject }
  const block = first.find((view) => view.block)?.block ?? undefined
  const batches = subject === 'transaction' ? containersOf(first) : []
  const carriers: TraceView[] = []
  for (const batch of batches) carriers.push(...(await askAll('batch', batch)))
  const blocks = block ? [block.hash] : containersOf(subject === 'batch' ? first : carriers)
  for (const container of blocks) await askAll('block', container)
  return { told, block, silent: [...silent].map(([node, reason]) => ({ node, reason })), names, completeSince }
}

/** A transaction is submitted, or lies in a batch; a batch is packed, or lies in a block. */
function subjectOf(views: readonly TraceView[]): Subject {
  const sightings = views.flatMap((view) => view.sightings)
  const isTransaction = ({ event, within }: TraceView['sightings'][number]) =>
    event === 'submitted' || (within !== null && event !== 'proposed')
  if (views.some(({ block }) => block !== null) || sightings.some(isTransaction)) return 'transaction'
  const isBlock = ({ height, within }: TraceView['sightings'][number]) => height !== null && within === null
  return sightings.some(isBlock) ? 'block' : 'batch'
}

function containersOf(views: readonly TraceView[]): readonly string[] {
  const within = views.flatMap(({ sightings }) => sightings.flatMap((sighting) => sighting.within ?? []))
  return [...new Set(within)].slice(0, followedMax)
}
