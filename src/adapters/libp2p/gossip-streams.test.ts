import type { Connection } from '@libp2p/interface'
import { expect, it } from 'vitest'
import { createBulkBudget } from './bulk-budget.ts'
import { type GossipLink, gossipConnection } from './gossip-streams.ts'
import { createTrafficMeter } from './traffic-meter.ts'

/** A stream that may be read still, and whose `send` throws once it is told to close, as those of libp2p do. */
class HalfClosedStream extends EventTarget {
  status = 'open'
  writeStatus = 'writable'
  writableNeedsDrain = true
  writeBufferLength = 0
  readonly sent: Uint8Array[] = []

  send(data: Uint8Array): boolean {
    if (this.writeStatus !== 'writable') throw new Error('Cannot write to a stream that is closing')
    this.sent.push(data)
    return true
  }
}

it.each([true, false])('gossip is not written to a stream that is closing (paced: %s)', async (pacedGossip) => {
  const stream = new HalfClosedStream()
  const link = {
    meter: createTrafficMeter(),
    budget: createBulkBudget(() => undefined),
    features: { pacedGossip },
    onLost: () => undefined,
  } as unknown as GossipLink
  const connection = { newStream: async () => stream } as unknown as Connection
  const wrapped = (await gossipConnection(connection, link).newStream(['/gossip'])) as unknown as HalfClosedStream
  if (pacedGossip) wrapped.send(new Uint8Array(10))
  stream.writeStatus = 'closing'
  stream.writableNeedsDrain = false
  stream.dispatchEvent(new Event('drain'))
  wrapped.send(new Uint8Array(10))
  expect(stream.sent).toEqual([])
})
