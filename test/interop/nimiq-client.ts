/**
 * The web client of Nimiq, which is rust-libp2p in WebAssembly, with one seed node: `node nimiq-client.ts <address>`. It dials what it is
 * given and nothing else, over WebSocket, and says on standard output what became of it. It ends when its standard input does.
 */
import { Client, ClientConfiguration } from '@nimiq/core'

const configuration = new ClientConfiguration()
configuration.network('devalbatross')
configuration.seedNodes([process.argv[2] as string])
configuration.onlySecureWsConnections(false)
configuration.logLevel('debug')
await Client.create(configuration.build())
process.stdin.resume().on('end', () => process.exit(0))
