import { ClientError } from '../../client/client-error.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'
import { isLoopback } from '../frame/operator-node.ts'
import { shortPeer } from '../frame/short-names.ts'
import { type FollowedMessage, followMessage } from './follow-message.ts'
import { messagePath, type Step } from './message-path.ts'
import { type AskedNode, type NodesOptions, nodesToAsk } from './nodes-to-ask.ts'
import { traceLines } from './trace-lines.ts'

interface TraceInvocation {
  readonly console: Console
  readonly options: NodesOptions & { readonly json: boolean }
  readonly arguments: readonly string[]
}

export async function runTrace({ console, options, arguments: [message = ''] }: TraceInvocation): Promise<number> {
  const nodes = await nodesToAsk(options, console)
  const hash = await hashOf(message, nodes)
  const followed = await followMessage(hash, nodes)
  const steps = messagePath(followed.told, (peerId) => followed.names.get(peerId) ?? shortPeer(peerId))
  if (steps.length === 0) throw unknown(hash, nodes, followed)
  const value = { message: hash, block: followed.block ?? null, steps, silent: followed.silent }
  answer(console, options.json, value, [...traceLines(steps), ...remarks(steps, nodes, followed)])
  return 0
}

/** A hash is what it is; a height is the hash of its block. */
async function hashOf(message: string, nodes: readonly AskedNode[]): Promise<string> {
  if (/^[0-9a-fA-F]{64}$/.test(message)) return message.toLowerCase()
  if (!/^[0-9]{1,15}$/.test(message))
    throw new OperationalError(
      'USAGE_INVALID',
      'A message is named by a hash of 64 hexadecimal digits, or by the height of a block.',
    )
  for (const { client } of nodes) {
    const block = await client.block(Number(message)).catch((error: unknown) => {
      if (error instanceof ClientError) return undefined
      throw error
    })
    if (block) return block.hash
  }
  throw new OperationalError('TRACE_UNKNOWN', `No node that answers has a final block of height ${message}.`)
}

function unknown(hash: string, nodes: readonly AskedNode[], { block, silent, completeSince }: FollowedMessage): OperationalError {
  const asked = nodes.length - silent.length
  const since = completeSince === undefined ? 'their start' : new Date(completeSince).toISOString()
  const [first] = silent
  if (asked === 0) return new OperationalError('API_REFUSED', `No node answers. ${first?.node}: ${first?.reason}.`)
  const told = block ? `It is in final block ${block.height}, but how it came there` : `${hash.slice(0, 12)}…`
  return new OperationalError(
    'TRACE_UNKNOWN',
    `${told} is not in the memory of the ${asked} nodes asked, which holds everything since ${since}.`,
  )
}

function remarks(steps: readonly Step[], nodes: readonly AskedNode[], followed: FollowedMessage): readonly string[] {
  const final = steps.findLast(({ event, subject }) => event === 'final' && subject === 'block')
  const finals = new Set(steps.filter(({ event }) => event === 'final').map(({ node }) => node)).size
  const isOneMachine = nodes.every(({ url }) => isLoopback(new URL(url).hostname))
  return [
    final
      ? `final on ${finals} of ${nodes.length} nodes, the last one ${final.afterMs} ms after the first step`
      : 'not seen to become final',
    isOneMachine
      ? 'times are of one machine’s clock, in whole milliseconds'
      : 'times are of each node’s own clock: delays between machines are as exact as their clocks agree',
    ...followed.silent.map(({ node, reason }) => `${node} did not answer: ${reason}`),
  ]
}
