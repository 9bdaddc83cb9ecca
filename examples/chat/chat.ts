import { createLibp2pNetwork, type Network, type NetworkHandlers } from 'synod/network'

const utf8 = (text: string) => new TextEncoder().encode(text)
const hello = utf8('chat 1')

/** Joins a chat room that has no server: whatever one says is passed on until everybody has heard it. */
export async function joinRoom(options: {
  room: string
  /** 32 bytes: who this is. */
  seed: Uint8Array
  onLine: (line: string) => void
}): Promise<{ network: Network; say: (line: string) => void }> {
  const network = await createLibp2pNetwork({
    privateKeySeed: options.seed,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    security: ['tls', 'noise'],
    chainTag: options.room,
    gossipChannels: ['peers'],
  })
  const handlers: NetworkHandlers = {
    hello: () => hello,
    onHello: (_peer, theirs) =>
      Buffer.from(theirs).equals(hello) ? { accept: true } : { accept: false, reason: 'this is a chat room' },
    // Passed on only if it is worth it: who sends what is refused loses its standing in the mesh.
    onGossip(_peer, _channel, message) {
      if (message.length > 500) return 'reject'
      options.onLine(new TextDecoder().decode(message))
      return 'accept'
    },
    async *onRequest() {
      yield utf8('ask in the room')
    },
    onMessage: () => undefined,
    onConnected: () => undefined,
    onDisconnected: () => undefined,
    onMisbehaviour: (peer, what) => network.disconnect(peer, what),
  }
  await network.start(handlers)
  return { network, say: (line) => network.broadcast('peers', utf8(line)) }
}
