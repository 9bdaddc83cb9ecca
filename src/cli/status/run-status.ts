import { createClient } from '../../client/client.ts'
import type { MempoolView, PeersView, StatusView } from '../../client/views.ts'
import { aligned, answer } from '../frame/answer.ts'
import { apiAddress } from '../frame/api-address.ts'
import { askNode } from '../frame/ask-node.ts'
import type { Console } from '../frame/command.ts'

export async function runStatus({
  options,
  console,
}: {
  readonly console: Console
  readonly options: { readonly api: string | undefined; readonly home: string | undefined; readonly json: boolean }
}): Promise<number> {
  const url = await apiAddress(options, console)
  const client = createClient(url)
  const [status, { peers }, mempool] = await askNode(url, () => Promise.all([client.status(), client.peers(), client.mempool()]))
  answer(console, options.json, { ...status, peers: peers.length, mempool }, describe(status, peers, mempool))
  return status.fault === null ? 0 : 1
}

function describe(status: StatusView, peers: PeersView['peers'], mempool: MempoolView): readonly string[] {
  const { validator, fault } = status
  const time = status.height === 0 ? 'no block yet' : new Date(status.blockTime).toISOString()
  const rows: [string, string][] = [
    ['chain', status.chainId],
    ['mode', `${status.mode}, round ${status.round}, ${status.step}`],
    ['height', `${status.height} (${time})`],
    ['block', status.blockHash],
    ['state', status.appHash],
    ['peers', String(peers.length)],
    ['addresses', `${status.addressBook.tried} tried, ${status.addressBook.new} heard of`],
    ['reachable', reachabilityOf(status)],
    ['announced', status.addresses.join(', ') || 'nothing'],
    ['mempool', `${mempool.transactions} transactions, ${mempool.bytes} bytes`],
    ['validator', validator ? `${validator.consensusKey.slice(0, 16)}… ${activity(status, validator.active)}` : 'no'],
  ]
  if (fault !== null) rows.push(['fault', fault])
  return aligned(rows)
}

const answers = { public: 'yes', private: 'no, as far as others tried', unknown: 'not known' } as const

function reachabilityOf({ reachability, portMapping }: StatusView): string {
  const mapped = portMapping === 'off' || portMapping === 'none' ? '' : `; port mapping: ${portMapping}`
  return `${answers[reachability]}${mapped}`
}

function activity({ signing }: StatusView, active: boolean): string {
  if (!active) return 'not in the validator set'
  return signing ? 'signing' : 'waiting before it signs'
}
