/** Everything a stranger does with a connection, in turn and from ever new addresses and identities, as long as it is let. */
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createLibp2pNetwork } from '../../src/adapters/libp2p/libp2p-network.ts'
import { channels, type NetworkHandlers, requestProtocols } from '../../src/ports/network.ts'
import type { Bytes } from '../../src/primitives/bytes.ts'

export interface ChurnTarget {
  /** Multiaddr over TCP. */
  readonly address: string
  readonly chainTag: string
}

export interface ChurnCounts {
  honest: number
  refused: number
  cut: number
  garbage: number
}

/** Strangers at work at the same time. */
const hands = 16

export async function churn(target: ChurnTarget, counts: ChurnCounts, stopping: AbortSignal): Promise<void> {
  const [, , host, , port] = target.address.split('/')
  const knock = () => bareSocket({ host: host as string, port: Number(port), localAddress: freshHost() })
  const deeds = [() => meet(target, counts), () => cutHandshake(knock, counts), () => talkGarbage(knock, counts)]
  async function work(): Promise<void> {
    for (let turn = 0; !stopping.aborted; turn++) await deeds[turn % deeds.length]?.()
  }
  await Promise.all(Array.from({ length: hands }, work))
}

/** Linux answers on all of 127/8; elsewhere there is one address, and the node is told to let more in from it. */
function freshHost(): string {
  return process.platform === 'linux' ? `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}` : '127.0.0.1'
}

/** Connects as a peer that the node accepts, talks, asks, and says goodbye or falls away without. */
async function meet({ address, chainTag }: ChurnTarget, counts: ChurnCounts): Promise<void> {
  const peer = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(randomBytes(32)),
    listen: [],
    security: [counts.honest % 2 === 0 ? 'tls' : 'noise'],
    dialFrom: freshHost(),
    chainTag,
  })
  await peer.start(mirror())
  try {
    await peer.connect(address, { timeoutMs: 2_000 }).catch(() => undefined) // Learns the node's hello.
    const node = await peer.connect(address, { timeoutMs: 5_000 })
    for (const channel of channels) peer.send(node, channel, new Uint8Array(randomBytes(randomInt(1, 2_000))))
    for (const protocol of requestProtocols) {
      const ask = async () => {
        for await (const part of peer.request(node, protocol, new Uint8Array(randomBytes(40)), { timeoutMs: 1_000 })) void part
      }
      await ask().catch(() => undefined)
    }
    peer.disconnect(node, 'churned')
    counts.honest += 1
  } catch {
    counts.refused += 1
  } finally {
    await peer.stop()
  }
}

/** Says the node's own hello back to it: as good a hello as any. */
function mirror(): NetworkHandlers {
  let hello: Bytes = new Uint8Array(0)
  return {
    hello: () => hello,
    onHello(_peer, theirs) {
      hello = theirs.slice()
      return { accept: true }
    },
    onConnected: () => undefined,
    onDisconnected: () => undefined,
    onMessage: () => undefined,
    onGossip: () => 'ignore',
    // biome-ignore lint/correctness/useYield: nothing is served.
    async *onRequest() {
      throw new Error('nothing is served')
    },
    onMisbehaviour: () => undefined,
  }
}

/** The node ends what is not finished well before. */
const patienceMs = 10_000

type Knock = () => Promise<Socket>

async function bareSocket(where: { host: string; port: number; localAddress: string }): Promise<Socket> {
  const socket = connect(where)
  socket.on('error', () => undefined)
  socket.setTimeout(patienceMs, () => socket.destroy())
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined)
  return socket
}

async function cutHandshake(knock: Knock, counts: ChurnCounts): Promise<void> {
  const socket = await knock()
  const protocol = randomInt(2) === 0 ? '\x0b/tls/1.0.0\n' : '\x07/noise\n'
  const hello = Buffer.concat([
    Buffer.from(`\x13/multistream/1.0.0\n${protocol}`),
    Buffer.from([22, 3, 1, 2, 0]),
    randomBytes(60),
  ])
  if (!socket.destroyed) socket.write(hello.subarray(0, randomInt(1, hello.length)))
  if (!socket.closed) await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => undefined)
  socket.resetAndDestroy()
  counts.cut += 1
}

async function talkGarbage(knock: Knock, counts: ChurnCounts): Promise<void> {
  const socket = await knock()
  if (!socket.destroyed) socket.resume().end(randomBytes(randomInt(1, 4_000)))
  if (!socket.closed) await once(socket, 'close').catch(() => undefined)
  counts.garbage += 1
}
