import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createLibp2pNetwork } from '../../src/adapters/libp2p/libp2p-network.ts'
import { systemEntropy } from '../../src/adapters/system/system-entropy.ts'
import { loopbackHost } from '../../src/cli/devnet/loopback-host.ts'
import type { Network, NetworkHandlers } from '../../src/ports/network.ts'
import { toHex } from '../../src/primitives/bytes.ts'
import { quietHandlers } from '../network/quiet-handlers.ts'
import { heightOf, type LocalNetwork, reaches, startLocalNetwork } from './support/local-network.ts'
import { until } from './support/until.ts'

/** What a stranger can do to the port for peers: whatever it is, the node goes on and blocks become final. */
let network: LocalNetwork
let sockets: Socket[] = []

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 100 })
})
afterAll(() => network?.stop())

beforeEach(() => {
  sockets = []
})
afterEach(async () => {
  const node = network.nodes[0]!
  const pid = node.pid
  await reaches(node, (await heightOf(node)) + 3)
  expect(node.running && node.pid === pid).toBe(true)
  await until('its three peers are there', async () => {
    const { peers } = await node.client.peers()
    return peers.length >= 3
  })
  for (const socket of sockets) socket.destroy()
})

async function peerAddress(): Promise<string> {
  return (await network.nodes[0]!.client.status()).addresses[0]!
}

let strangers = 0

/** An address from which nobody came before, in a subnet of its own: what it meets is the protocol, not the limits of an address. */
function freshHost(): string {
  strangers += 1
  return loopbackHost(2000 + strangers)
}

async function dial(localAddress = freshHost()): Promise<Socket> {
  const [, , host, , port] = (await peerAddress()).split('/')
  const socket = connect({ port: Number(port), ...(host !== undefined && { host }), localAddress })
  socket.on('error', () => undefined)
  sockets.push(socket)
  await Promise.race([event(socket, 'connect'), event(socket, 'close')])
  return socket
}

const event = (socket: Socket, name: string) => new Promise<void>((resolve) => socket.once(name, () => resolve()))

/** What libp2p says first, by multistream-select: a length, the text, a line's end. */
function multistream(...protocols: readonly string[]): Buffer {
  return Buffer.concat(protocols.map((name) => Buffer.concat([Buffer.from([name.length + 1]), Buffer.from(`${name}\n`)])))
}

test('random bytes', async () => {
  for (let time = 0; time < 40; time++) (await dial()).write(randomBytes(1 + time * 97))
})

test('one address that floods is shut out, and stays alone with that', async () => {
  const host = freshHost()
  for (let time = 0; time < 150; time++) (await dial(host)).write(randomBytes(100))
  const refused = await dial(host)
  if (!refused.closed) await event(refused, 'close')
  const answered = await dial()
  answered.write(multistream('/multistream/1.0.0', '/noise'))
  await event(answered, 'data')
})

test('silence', async () => {
  for (let time = 0; time < 40; time++) await dial()
})

test('connections that are reset at once', async () => {
  for (let time = 0; time < 40; time++) (await dial()).resetAndDestroy()
})

test.each(['/tls/1.0.0', '/noise', '/nothing/1.0.0'])('half a handshake of %s, left there, ended or reset', async (protocol) => {
  // A ClientHello's record that promises more bytes than come; to Noise it is a length as good as any.
  const half = Buffer.concat([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), randomBytes(100)])
  for (const end of ['leave', 'end', 'reset'] as const) {
    for (let time = 0; time < 5; time++) {
      const socket = await dial()
      socket.write(multistream('/multistream/1.0.0', protocol))
      await Promise.race([event(socket, 'data'), event(socket, 'close')])
      socket.write(half)
      if (end === 'end') socket.end()
      if (end === 'reset') socket.resetAndDestroy()
    }
  }
})

test('a real handshake with random bytes instead of a hello, and after it', async () => {
  const networks: Network[] = []
  for (let time = 0; time < 4; time++) {
    const stranger = await createLibp2pNetwork({
      privateKeySeed: systemEntropy.bytes(32),
      listen: [],
      security: ['tls'],
      dialFrom: freshHost(),
      chainTag: toHex(network.chain.chainId).slice(0, 16),
    })
    networks.push(stranger)
    await stranger.start(garbage)
    await stranger.connect(await peerAddress(), { timeoutMs: 5000 }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'DIAL_FAILED' })
    })
  }
  await Promise.all(networks.map((stranger) => stranger.stop()))
})

const garbage: NetworkHandlers = {
  ...quietHandlers,
  hello: () => new Uint8Array(randomBytes(200)),
}

test('an accepted hello, and then random messages, requests and gossip', async () => {
  const stranger = await createLibp2pNetwork({
    privateKeySeed: systemEntropy.bytes(32),
    listen: [],
    security: ['tls'],
    dialFrom: freshHost(),
    chainTag: toHex(network.chain.chainId).slice(0, 16),
  })
  let hello: Uint8Array = new Uint8Array(0)
  // The node says hello first: what it says is as good a hello as any.
  const mirror: NetworkHandlers = {
    ...garbage,
    hello: () => hello as Uint8Array<ArrayBuffer>,
    onHello: (_peer, theirs) => {
      hello = theirs.slice()
      return { accept: true }
    },
  }
  await stranger.start(mirror)
  const address = await peerAddress()
  // The first attempt fails for want of a hello, and learns one.
  await stranger.connect(address).catch(() => undefined)
  const peer = await until('the stranger is let in', () => stranger.connect(address))
  for (const channel of ['consensus', 'evidence', 'batches', 'blocks', 'peers'] as const) {
    stranger.send(peer, channel, new Uint8Array(randomBytes(500)))
    stranger.broadcast(channel, new Uint8Array(randomBytes(500)))
  }
  for (const protocol of ['batch', 'block', 'status'] as const) {
    const drain = async () => {
      for await (const _part of stranger.request(peer, protocol, new Uint8Array(randomBytes(300)), { timeoutMs: 5000 }));
    }
    await drain().catch((error: unknown) => expect(error).toMatchObject({ code: 'REQUEST_FAILED' }))
  }
  await stranger.stop()
})
