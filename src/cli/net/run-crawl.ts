import { OperationalError } from '../../primitives/operational-error.ts'
import { askNode } from '../frame/ask-node.ts'
import type { Console } from '../frame/command.ts'
import { requireOperatorNode } from '../frame/operator-node.ts'
import type { LiveOptions } from '../peers/run-peers.ts'
import { crawlFigures, crawlLines } from './crawl-table.ts'

const pollMs = 500
const widthOfPipe = 120
/** Longer than any crawl. */
const waitMs = 180_000

/** Has the node ask the whole network, waits for it, and shows who there is. */
export async function runCrawl(invocation: { readonly console: Console; readonly options: LiveOptions }): Promise<number> {
  const { console, options } = invocation
  const { url, client } = await requireOperatorNode(options, console)
  let view = await askNode(url, client.operator.crawl)
  if (!view.possible) {
    throw new OperationalError('API_REFUSED', 'The node takes no part in the directory, so it cannot crawl.', {
      where: url,
      hint: 'Start it with `--set discovery.dht=auto`, or `client` where it listens on this machine only.',
    })
  }
  const deadline = performance.now() + waitMs
  while (view.running && performance.now() < deadline) {
    await new Promise((resume) => setTimeout(resume, pollMs))
    view = await askNode(url, client.operator.crawled)
  }
  const figures = crawlFigures(view)
  console.out(options.json ? `${JSON.stringify(figures)}\n` : `${crawlLines(figures, widthOfPipe).join('\n')}\n`)
  return 0
}
