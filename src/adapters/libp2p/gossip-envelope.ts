import type { GossipRpc, GossipRpcMessage } from './gossip-control.ts'
import { gossipEnvelopeBytesMax, gossipEnvelopeMessagesMax } from './limits.ts'

/** Leaves room for the framing of each message, and for what else the envelope says. */
const messageBytesMax = gossipEnvelopeBytesMax / 2

/** An answer to IWANT can have more messages than one envelope may hold. What else it says goes with the first part. */
export function splitEnvelope(rpc: GossipRpc): readonly GossipRpc[] {
  const { messages = [] } = rpc
  if (messages.length <= 1) return [rpc]
  const parts: GossipRpcMessage[][] = []
  let bytes = 0
  for (const message of messages) {
    const length = message.data?.length ?? 0
    const part = parts.at(-1)
    if (part === undefined || part.length === gossipEnvelopeMessagesMax || bytes + length > messageBytesMax) {
      parts.push([message])
      bytes = length
    } else {
      part.push(message)
      bytes += length
    }
  }
  return parts.map((part, index) => (index === 0 ? { ...rpc, messages: part } : { messages: part, subscriptions: [] }))
}
