/** The other process of the network benchmark: receives, counts, answers. Started by `network.ts`, spoken to over its IPC channel. */

import { peerCertificateOfSeed } from '../../adapters/libp2p/peer-certificate.ts'
import { loopbackListen, startBenchNetwork } from './bench-network.ts'
import { rawTlsContext, startRawTlsServer } from './raw-tls.ts'

/** To the peer process: tell when so many messages have arrived, counted from now. */
export interface Expectation {
  readonly count: number
}
/** From the peer process. */
export type PeerReport =
  | { readonly kind: 'ready'; readonly address: string; readonly rawPort: number; readonly rssMb: number }
  | { readonly kind: 'expecting' | 'arrived' }

let expected = Number.POSITIVE_INFINITY
let received = 0

function count(): void {
  received += 1
  if (received === expected) report({ kind: 'arrived' })
}

function report(message: PeerReport): void {
  process.send?.(message)
}

const seed = new Uint8Array(32).fill(2)
const network = await startBenchNetwork({
  privateKeySeed: seed,
  listen: [loopbackListen],
  handlers: {
    onMessage: count,
    async *onRequest(_peer, _protocol, message) {
      yield message
    },
  },
})
const certificate = await peerCertificateOfSeed(seed)
const raw = await startRawTlsServer(rawTlsContext(certificate), count)

process.on('message', (expectation: Expectation) => {
  expected = expectation.count
  received = 0
  report({ kind: 'expecting' })
})
process.on('disconnect', () => process.exit(0))
report({ kind: 'ready', address: network.addresses()[0] as string, rawPort: raw.port, rssMb: process.memoryUsage.rss() / 1e6 })
