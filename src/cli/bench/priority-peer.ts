/** The receiver of the priority benchmark: times votes, counts blocks. Started by `priority.ts`, spoken to over its IPC channel. */
import { type AddressInfo, createServer } from 'node:net'
import { loopbackListen, startBenchNetwork } from './bench-network.ts'

/** What a vote's last byte says of the time in which it was sent. Those of neither are not counted. */
export const phases = { idle: 1, loaded: 2 } as const
export type Phase = keyof typeof phases
export const voteBytes = 200

/** From the receiver. The delays are in ms, by the clock that all processes of a machine share. */
export type PriorityReport =
  | { readonly kind: 'ready'; readonly address: string; readonly probePort: number }
  | { readonly kind: 'heard'; readonly votes: Delays; readonly probes: Delays; readonly bulkBytes: number }
export type Delays = Readonly<Record<Phase, readonly number[]>>

const votes: Record<Phase, number[]> = { idle: [], loaded: [] }
const probes: Record<Phase, number[]> = { idle: [], loaded: [] }
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

function time(message: Uint8Array, delays: Record<Phase, number[]>): void {
  const delayMs = machineNow() - new DataView(message.buffer, message.byteOffset).getFloat64(0)
  const phase = message[voteBytes - 1]
  if (phase === phases.idle) delays.idle.push(delayMs)
  if (phase === phases.loaded) delays.loaded.push(delayMs)
}

/** Milliseconds of a clock that two processes of one machine share, to the microsecond. */
function machineNow(): number {
  return performance.timeOrigin + performance.now()
}

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
