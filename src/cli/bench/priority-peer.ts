/** The receiver of the priority benchmark: times votes, counts blocks. Started by `priority.ts`, spoken to over its IPC channel. */
import { createLibp2pNetwork } from '../../adapters/libp2p/libp2p-network.ts'

/** From the receiver. The delays are of the votes since the last report, in ms, by the clock that all processes of a machine share. */
export type PriorityReport =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'heard'; readonly delaysMs: readonly number[]; readonly bulkBytes: number }

let delaysMs: number[] = []
let bulkBytes = 0

const network = await createLibp2pNetwork({
  privateKeySeed: new Uint8Array(32).fill(4),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  security: ['tls'],
  requireHybrid: true,
  chainTag: 'bench',
  gossipChannels: [],
})
await network.start({
  hello: () => new Uint8Array(64),
  onHello: () => ({ accept: true }),
  onConnected: () => undefined,
  onDisconnected: () => undefined,
  onMessage(_peer, channel, message) {
    if (channel === 'consensus') delaysMs.push(machineNow() - new DataView(message.buffer, message.byteOffset).getFloat64(0))
    else bulkBytes += message.length
  },
  onGossip: () => 'ignore',
  onRequest: () => {
    throw new Error('this side answers nothing')
  },
  onMisbehaviour: (_peer, what) => {
    throw new Error(what)
  },
})

/** Milliseconds of a clock that two processes of one machine share, to the microsecond. */
function machineNow(): number {
  return performance.timeOrigin + performance.now()
}

process.on('message', () => {
  process.send?.({ kind: 'heard', delaysMs, bulkBytes } satisfies PriorityReport)
  delaysMs = []
  bulkBytes = 0
})
process.on('disconnect', () => process.exit(0))
process.send?.({ kind: 'ready', address: network.addresses()[0] as string } satisfies PriorityReport)
