import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { quietHandlers } from '../../../test/network/quiet-handlers.ts'
import type { Network, NetworkHandlers } from '../../ports/network.ts'
import { createLibp2pNetwork, type Security } from './libp2p-network.ts'

/**
 * A connection may be cut at any byte, by a peer that dies or by anybody on the way. Neither end may take notice of more than a failed
 * dial: an error event that nobody listens to would end the process, and fails this test as an unhandled error.
 */
const handlers: NetworkHandlers = {
  ...quietHandlers,
  hello: () => new Uint8Array(100),
}

async function started(seed: number, security: Security, listen: readonly string[]): Promise<Network> {
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(seed),
    listen,
    security: [security],
    chainTag: 'cut',
  })
  await network.start(handlers)
  return network
}

/** Passes bytes on, both ways together at most so many, and then resets both connections. */
async function createCutter(port: number): Promise<{ server: Server; port: number; cutAfter: (bytes: number) => void }> {
  let bytesMax = 0
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    let passed = 0
    const pass = (to: Socket) => (bytes: Buffer) => {
      to.write(bytes)
      passed += bytes.length
      if (passed < bytesMax) return
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
    for (const socket of [near, far]) socket.on('error', () => undefined)
    near.on('data', pass(far)).on('close', () => far.destroy())
    far.on('data', pass(near)).on('close', () => near.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port, cutAfter: (bytes) => (bytesMax = bytes) }
}

test.each(['tls', 'noise'] as const)(
  '%s: cut at any point of its beginning, a connection fails and nothing else',
  async (security) => {
    const listening = await started(1, security, ['/ip4/127.0.0.1/tcp/0'])
    const dialling = await started(2, security, [])
    const cutter = await createCutter(Number(listening.addresses()[0]?.split('/')[4]))
    const address = `/ip4/127.0.0.1/tcp/${cutter.port}/p2p/${listening.self}`
    try {
      for (let bytes = 1; bytes < 3000; bytes += 150) {
        cutter.cutAfter(bytes)
        await dialling.connect(address, { timeoutMs: 1000 }).then(
          (peer) => dialling.disconnect(peer, 'it came through'),
          (error: unknown) => expect(error).toMatchObject({ code: 'DIAL_FAILED' }),
        )
      }
      cutter.cutAfter(Number.POSITIVE_INFINITY)
      expect(await dialling.connect(address)).toBe(listening.self)
    } finally {
      await Promise.all([dialling.stop(), listening.stop()])
      cutter.server.close()
    }
  },
)
