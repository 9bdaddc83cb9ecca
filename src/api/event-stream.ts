import type { ServerResponse } from 'node:http'
import type { NodeEvent, SynodNode } from '../engine/synod-node.ts'
import { eventToView } from './to-view.ts'

/** A subscriber that reads slower than the node speaks is let go; it costs the node this much memory and no time. */
const backlogBytesMax = 1 << 20
export const subscribersMax = 256
/** Of them, those that only the operator can have. */
export const operatorSubscribersKept = 8
const keepAliveMs = 15_000

/** An event of a large block is long: it is written once, however many listen. */
const texts = new WeakMap<NodeEvent, string>()

function textOf(event: NodeEvent): string {
  const written = texts.get(event)
  if (written !== undefined) return written
  const view = eventToView(event)
  const text = `event: ${view.type}\ndata: ${JSON.stringify(view)}\n\n`
  texts.set(event, text)
  return text
}

/** Whom this node defends itself against, and how, helps nobody as much as the attacker. */
const operatorEvents: ReadonlySet<NodeEvent['type']> = new Set(['attack', 'ban'])

/** Streams the node's events into a response until either side ends: those that are the operator's to the operator only. Returns how to end it. */
export function streamEvents(
  node: SynodNode,
  response: ServerResponse,
  { operator, onEnd }: { readonly operator: boolean; readonly onEnd: () => void },
): () => void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'keep-alive' })
  response.write(': synod\n\n')
  const unsubscribe = node.subscribe((event) => {
    if (!operator && operatorEvents.has(event.type)) return
    response.write(textOf(event))
    // Ended politely, it would keep its backlog for as long as it likes.
    if (response.writableLength > backlogBytesMax) response.destroy()
  })
  const keepAlive = setInterval(() => response.write(': still here\n\n'), keepAliveMs)
  let ended = false

  function end(): void {
    if (ended) return
    ended = true
    clearInterval(keepAlive)
    unsubscribe()
    response.end()
    onEnd()
  }

  response.on('close', end)
  response.on('error', end)
  return end
}
