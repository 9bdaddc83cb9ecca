import type { NetView } from '../../client/operator-views.ts'
import { askNode } from '../frame/ask-node.ts'
import type { Console } from '../frame/command.ts'
import { showLive } from '../frame/live.ts'
import { requireOperatorNode } from '../frame/operator-node.ts'
import { cut } from '../frame/table.ts'
import type { LiveOptions } from '../peers/run-peers.ts'
import { netFigures, netLines } from './net-table.ts'

export async function runNet(invocation: { readonly console: Console; readonly options: LiveOptions }): Promise<number> {
  const { console, options } = invocation
  const { url, client } = await requireOperatorNode(options, console)
  const intervalMs = options['interval-ms']
  const ask = () => askNode(url, client.operator.net)
  let before: NetView = await ask()
  await new Promise((resume) => setTimeout(resume, intervalMs))
  const next = async () => {
    const after = await ask()
    const figures = netFigures(before, after)
    before = after
    return figures
  }
  if (options.json) {
    console.out(`${JSON.stringify(await next())}\n`)
    return 0
  }
  await showLive({
    console,
    once: options.once,
    intervalMs,
    async frame(width) {
      const figures = await next()
      const seconds = (figures.intervalMs / 1000).toFixed(1)
      const head = `${url}  ${Object.keys(figures.peers).length} peers, bytes since the start, rates over ${seconds} s`
      return [cut(head, width), '', ...netLines(figures, width)]
    },
  })
  return 0
}
