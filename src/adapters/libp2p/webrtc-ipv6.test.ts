/** A process of its own: the library beneath connects by the family of addresses that a process used first. */
import { afterEach, expect, it, vi } from 'vitest'
import { quietHandlers } from '../../../test/network/quiet-handlers.ts'
import type { Network, PeerInfo } from '../../ports/network.ts'
import { createLibp2pNetwork } from './libp2p-network.ts'

const running: Network[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((network) => network.stop()))
})

async function start(seed: number, listen: readonly string[]) {
  const network = await createLibp2pNetwork({
    privateKeySeed: new Uint8Array(32).fill(seed),
    listen,
    security: ['noise'],
    chainTag: 'ipv6',
  })
  const connected: PeerInfo[] = []
  let received = 0
  await network.start({
    ...quietHandlers,
    onConnected: (peer) => void connected.push(peer),
    onMessage: () => void received++,
    async *onRequest(_peer, _protocol, message) {
      yield message
    },
  })
  running.push(network)
  return { network, connected, received: () => received }
}

it('peers meet over ::1, again and again, and IPv4 is refused from then on', async () => {
  const bob = await start(2, ['/ip6/::1/udp/0/webrtc-direct'])
  const alice = await start(1, [])
  for (let time = 1; time <= 2; time++) {
    const peer = await alice.network.connect(bob.network.addresses()[0] as string, { timeoutMs: 10_000 })
    await vi.waitUntil(() => bob.connected.length === time, { timeout: 10_000 })
    expect(bob.connected.at(-1)).toMatchObject({ transport: 'webrtc', host: '::1', direction: 'inbound' })
    alice.network.send(peer, 'consensus', new Uint8Array(3))
    await vi.waitUntil(() => bob.received() === time, { timeout: 10_000 })
    alice.network.disconnect(peer, 'enough')
    await vi.waitUntil(() => bob.network.peers().length === 0, { timeout: 10_000 })
  }
  const refused = alice.network.connect(
    '/ip4/127.0.0.1/udp/4444/webrtc-direct/certhash/uEiCGFMC_szA2xzLZMoaCxc04_o_R8k7i5wZHbHXff3kE7Q',
  )
  await expect(refused).rejects.toMatchObject({ code: 'DIAL_FAILED', message: expect.stringContaining('IPv4 or over IPv6') })
})

it('nobody listens over both', async () => {
  const both = start(3, ['/ip6/::1/udp/0/webrtc-direct', '/ip4/127.0.0.1/udp/0/webrtc-direct'])
  await expect(both).rejects.toMatchObject({ code: 'LISTEN_FAILED', message: expect.stringContaining('IPv4 or over IPv6') })
})
