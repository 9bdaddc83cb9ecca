import type { Console } from '../frame/command.ts'
import { findOperatorNode, type OperatorNodeOptions } from '../frame/operator-node.ts'

/** Prints a node's events, one a line, until it is interrupted, has printed as many as it shall, or the node ends. */
export async function runEvents(invocation: {
  readonly console: Console
  readonly options: OperatorNodeOptions & { readonly count: number | undefined }
}): Promise<number> {
  const { console, options } = invocation
  const { client } = await findOperatorNode(options, console)
  const ending = new AbortController()
  const end = () => ending.abort()
  process.once('SIGINT', end).once('SIGTERM', end)
  let left = options.count ?? Number.POSITIVE_INFINITY
  try {
    for await (const event of client.events(ending.signal)) {
      console.out(`${JSON.stringify(event)}\n`)
      if (--left === 0) break
    }
  } catch (error) {
    if (!ending.signal.aborted) throw error
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
    ending.abort()
  }
  return 0
}
