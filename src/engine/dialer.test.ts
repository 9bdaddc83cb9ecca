import { describe, expect, it } from 'vitest'
import type { Network, PeerInfo } from '../ports/network.ts'
import { silence } from '../ports/telemetry.ts'
import { createRandom, createSimulatedEntropy } from '../simulator/random.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createDialer } from './dialer.ts'
import type { Ports } from './ports.ts'

/** A network where addresses lead to peers, or to nobody. */
function setUp(addresses: readonly string[], peerAt: (address: string) => string | undefined) {
  const scheduler = createScheduler(0)
  const connected = new Set<string>()
  const dialled: string[] = []
  const network = {
    peers: () => [...connected].map((id) => ({ id }) as PeerInfo),
    async connect(address: string) {
      dialled.push(address)
      const peer = peerAt(address)
      if (peer === undefined) throw new Error('nobody answers')
      connected.add(peer)
      return peer
    },
  } as unknown as Network
  const clock = createSimulatedClock(scheduler, () => 0)
  const ports = { clock, network, entropy: createSimulatedEntropy(createRandom(1n)), telemetry: silence } as unknown as Ports
  const dialer = createDialer(ports, addresses)
  return { dialer, dialled, connected, run: (ms: number) => scheduler.run(scheduler.now() + ms) }
}

describe('dialer', () => {
  it('dials again, ever more slowly, and stops when told to', async () => {
    const { dialer, dialled, run } = setUp(['x'], () => undefined)
    dialer.start()
    await run(60_000)
    const first = dialled.length
    expect(first).toBeGreaterThan(7)
    expect(first).toBeLessThan(14)
    await run(60_000)
    expect(dialled.length - first).toBeLessThan(5)
    dialer.stop()
    const last = dialled.length
    await run(120_000)
    expect(dialled).toHaveLength(last)
  })

  it('dials every address of a peer that is lost, and none that is not its own', async () => {
    const { dialer, dialled, connected, run } = setUp(['a1', 'a2', 'b'], (address) => address[0])
    dialer.start()
    await run(0)
    connected.delete('a')
    dialer.lost('a')
    dialer.lost('a')
    dialer.lost('a stranger')
    await run(1000)
    expect(dialled).toEqual(['a1', 'a2', 'b', 'a1', 'a2'])
  })

  it('dials again when the connection had ended before it was told of it', async () => {
    const { dialer, dialled, connected, run } = setUp(['a'], () => 'a')
    connected.add = function (peer) {
      if (dialled.length > 1) Set.prototype.add.call(this, peer)
      return this
    }
    dialer.start()
    await run(1000)
    expect(dialled).toEqual(['a', 'a'])
  })
})
