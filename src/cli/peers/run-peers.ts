import type { PeersView, StatusView } from '../../client/views.ts'
import { askNode } from '../frame/ask-node.ts'
import type { Console } from '../frame/command.ts'
import { showLive } from '../frame/live.ts'
import { findOperatorNode, type OperatorNodeOptions } from '../frame/operator-node.ts'
import { bytesText } from '../frame/quantities.ts'
import { shortPeer } from '../frame/short-names.ts'
import { cut } from '../frame/table.ts'
import { peersTable } from './peers-table.ts'

export interface LiveOptions extends OperatorNodeOptions {
  readonly once: boolean
  readonly json: boolean
  readonly 'interval-ms': number
}

export async function runPeers(invocation: { readonly console: Console; readonly options: LiveOptions }): Promise<number> {
  const { console, options } = invocation
  const { url, client, hasToken } = await findOperatorNode(options, console)
  const ask = () => askNode(url, () => Promise.all([client.status(), client.peers()]))
  if (options.json) {
    const [, peers] = await ask()
    console.out(`${JSON.stringify(peers)}\n`)
    return 0
  }
  await showLive({
    console,
    once: options.once,
    intervalMs: options['interval-ms'],
    async frame(width) {
      const [status, { peers }] = await ask()
      return [
        cut(headline(url, status, peers), width),
        ...(hasToken ? [] : [cut('Scores and bytes need the operator token: name the node’s home with --home.', width)]),
        '',
        ...(peers.length === 0 ? ['no peers'] : peersTable(peers, Date.now(), width)),
      ]
    },
  })
  return 0
}

function headline(url: string, { peerId, height }: StatusView, peers: PeersView['peers']): string {
  const inbound = peers.filter(({ direction }) => direction === 'inbound').length
  const wire = peers.flatMap(({ traffic }) => (traffic ? [traffic.wire] : []))
  const sum = (way: 'bytesIn' | 'bytesOut') => bytesText(wire.reduce((total, counts) => total + counts[way], 0))
  const crossed = wire.length === 0 ? '' : `  wire ${sum('bytesIn')} in, ${sum('bytesOut')} out`
  return `${shortPeer(peerId)}  ${new URL(url).host}  height ${height}  ${peers.length} peers: ${inbound} in, ${peers.length - inbound} out${crossed}`
}
