import { expect, it } from 'vitest'
import type { GossipRpc } from './gossip-control.ts'
import { splitEnvelope } from './gossip-envelope.ts'
import { gossipEnvelopeBytesMax, gossipEnvelopeMessagesMax } from './limits.ts'

const envelope = (count: number, bytes: number): GossipRpc => ({
  messages: Array.from({ length: count }, (_, index) => ({ topic: `${index}`, data: new Uint8Array(bytes) })),
  control: { graft: [1] },
})

it.each([
  [0, 1, 1],
  [1, gossipEnvelopeBytesMax - 1000, 1],
  [gossipEnvelopeMessagesMax, 1, 1],
  [gossipEnvelopeMessagesMax + 1, 1, 2],
  [1_000, 1, 8],
  [10, gossipEnvelopeBytesMax / 8, 3],
])('%i messages of %i bytes are %i envelopes', (count, bytes, expected) => {
  const whole = envelope(count, bytes)
  const parts = splitEnvelope(whole)
  expect(parts).toHaveLength(expected)
  expect(parts.flatMap(({ messages = [] }) => messages)).toEqual(whole.messages)
  expect(parts.filter(({ control }) => control !== undefined)).toHaveLength(1)
  for (const { messages = [] } of parts) expect(messages.length).toBeLessThanOrEqual(gossipEnvelopeMessagesMax)
})
