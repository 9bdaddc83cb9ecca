/** The receiver of the priority benchmark: times votes, counts blocks. Started by `priority.ts`, spoken to over its IPC channel. */
import { type AddressInfo, createServer } from 'node:net'
import { loopbackListen, startBenchNetwork } from './bench-network.ts'
import { type Delays, noDelays, time, voteBytes } from './timed-votes.ts'

/** From the receiver. */
export type PriorityReport =
  | { readonly kind: 'ready'; readonly address: string; readonly probePort: number }
  | { readonly kind: 'heard'; readonly votes: Delays; readonly probes: Delays; readonly bulkBytes: number }

const votes = noDelays()
const probes = noDelays()
let bulkBytes = 0

const network = await startBenchNetwork({
  privateKeySeed: new Uint8Array(32).fill(4),
  listen: [loopbackListen],
  handlers: {
    onMessage(_peer, channel, message) {
      if (channel === 'consensus') time(message, votes)
      else bulkBytes += message.length
    },
  },
})

/** Messages as long as votes, on a bare connection. */
const probeServer = createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (; rest.length >= voteBytes; rest = rest.subarray(voteBytes)) time(rest, probes)
  })
  socket.on('error', () => undefined)
})

process.on('message', () => process.send?.({ kind: 'heard', votes, probes, bulkBytes } satisfies PriorityReport))
process.on('disconnect', () => process.exit(0))
probeServer.listen(0, '127.0.0.1', () => {
  const probePort = (probeServer.address() as AddressInfo).port
  process.send?.({ kind: 'ready', address: network.addresses()[0] as string, probePort } satisfies PriorityReport)
})
