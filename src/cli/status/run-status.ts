import type { MempoolView, PeersView, StatusView } from '../../client/views.ts'
import { aligned, answer } from '../frame/answer.ts'
import { askNode } from '../frame/ask-node.ts'
import type { Console } from '../frame/command.ts'
import { findOperatorNode, type OperatorNodeOptions, requireOperatorNode } from '../frame/operator-node.ts'

export async function runStatus({
  options,
  console,
}: {
  readonly console: Console
  readonly options: OperatorNodeOptions & { readonly check: boolean; readonly json: boolean }
}): Promise<number> {
  const { url, client } = await (options.check ? requireOperatorNode : findOperatorNode)(options, console)
  if (options.check) await askNode(url, client.operator.survey)
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
    ...progressOf(status),
    ['block', status.blockHash],
    ['state', status.appHash],
    ['peers', String(peers.length)],
    ['agreement', agreementOf(status)],
    ['addresses', `${status.addressBook.tried} tried, ${status.addressBook.new} heard of`],
    ['reachable', reachabilityOf(status)],
    ['announced', status.addresses.join(', ') || 'nothing'],
    ['mempool', `${mempool.transactions} transactions, ${mempool.bytes} bytes`],
    ['validator', validator ? `${validator.consensusKey.slice(0, 16)}… ${activity(status, validator.active)}` : 'no'],
  ]
  if (fault !== null) rows.push(['fault', fault])
  return aligned(rows)
}

/** Percent, rate and what is left, while blocks are taken from peers. */
function progressOf({ progress }: StatusView): [string, string][] {
  if (progress === null) return []
  const { height, target, blocksPerSecond, remainingMs } = progress
  const percent = Math.floor((100 * height) / Math.max(1, target))
  const left = remainingMs === null ? '' : `, ${Math.ceil(remainingMs / 1000)} s left`
  return [['catching up', `${percent} % of ${target}, ${blocksPerSecond} blocks/s${left}`]]
}

function agreementOf({ survey }: StatusView): string {
  if (survey === null) return 'not compared with peers yet'
  const { alone, strangers, same, different, comparedHeight, agreedHeight, stateHolds } = survey
  if (alone) return `nobody met shares this node's genesis (${strangers} met)`
  const others = different === 0 ? '' : `, ${different} have another`
  const state = stateHolds ? '' : '; the state is NOT that of the latest header'
  return `${same} peers have the same block ${comparedHeight}${others}; two thirds have reached ${agreedHeight}${state}`
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
