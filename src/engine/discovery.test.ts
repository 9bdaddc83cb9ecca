import { expect, it } from 'vitest'
import type { Network, PeerInfo } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import { createRandom, createSimulatedEntropy } from '../simulator/random.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createDiscovery } from './discovery.ts'
import { openAddressBook } from './kept-address-book.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'

async function setUp() {
  const network = { self: 'self', addresses: () => ['/ip4/60.9.0.1/tcp/26600/p2p/self'] } as unknown as Network
  const clock = createSimulatedClock(createScheduler(0), () => 0)
  const disk = { readSmall: async () => undefined }
  const entropy = createSimulatedEntropy(createRandom(1n))
  const ports = { clock, disk, network, entropy, telemetry: silence } as unknown as Ports
  const addressBook = await openAddressBook(ports)
  const hosts = new Map([['liar', '60.1.0.1']])
  const register = { of: (id) => ({ host: hosts.get(id) }) as PeerInfo } as PeerRegister
  return createDiscovery({ ports, register, addressBook, keeper: { look: () => undefined } })
}

it('believes a peer about itself, and about nobody else', async () => {
  const discovery = await setUp()
  discovery.learnOwn(['/ip4/60.1.0.1/tcp/2601', '/ip4/60.2.0.1/tcp/2601/p2p/victim', '/ip4/10.0.0.1/tcp/2601'], 'liar')
  discovery.learnOwn(['/ip4/60.1.0.1/tcp/2601'], 'nobody')
  expect(discovery.good(9)).toEqual(['/ip4/60.1.0.1/tcp/2601/p2p/liar'])
})

it('leaves out itself, what cannot be a node, and what the teller cannot know', async () => {
  const discovery = await setUp()
  const good = '/ip4/60.3.0.1/tcp/26600/p2p/b'
  const bad = [
    '/ip4/60.9.0.1/tcp/26600',
    '/ip4/60.4.0.1/tcp/26600/p2p/self',
    '/ip4/60.4.0.1/tcp/22/p2p/c',
    '/ip4/60.4.0.1/tcp/0/p2p/c',
    '/ip4/192.168.0.1/tcp/26600/p2p/c',
    '/dns4/example.org/tcp/26600/p2p/c',
  ]
  discovery.learn([...bad, good], { kind: 'dht', host: '60.1.0.1' })
  expect(discovery.good(9)).toEqual([good])
  expect(discovery.size()).toEqual({ new: 1, tried: 0 })
})
