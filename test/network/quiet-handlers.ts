import type { NetworkHandlers } from '../../src/ports/network.ts'

/** Accepts everybody, says an empty hello, hears everything without a word, and serves nothing. A test overrides what it is about. */
export const quietHandlers: NetworkHandlers = {
  hello: () => new Uint8Array(0),
  onHello: () => ({ accept: true }),
  onConnected: () => undefined,
  onDisconnected: () => undefined,
  onMessage: () => undefined,
  onGossip: () => 'ignore',
  onRequest: () => {
    throw new Error('nothing is served')
  },
  onMisbehaviour: () => undefined,
}
