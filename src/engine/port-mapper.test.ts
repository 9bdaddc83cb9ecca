import { describe, expect, it } from 'vitest'
import type { FoundGateway, PortMapping } from '../ports/gateway.ts'
import { silence } from '../ports/telemetry.ts'
import { createRandom, createSimulatedEntropy } from '../simulator/random.ts'
import { createScheduler, createSimulatedClock } from '../simulator/scheduler.ts'
import { createPortMapper } from './port-mapper.ts'
import type { Ports } from './ports.ts'

const minuteMs = 60_000

/** A gateway as the test wants it, and the mapper that uses it. */
function setUp(changes: Partial<FoundGateway> = {}, listening = ['/ip4/192.168.1.7/tcp/26600/p2p/self'], leaseSeconds = 3600) {
  const scheduler = createScheduler(0)
  const mappings = new Map<number, PortMapping>()
  const calls: string[] = []
  const offered: (readonly string[])[] = []
  const gateway: FoundGateway = {
    internalHost: '192.168.1.7',
    externalHost: async () => '8.8.4.4',
    async map(mapping) {
      calls.push(`map ${mapping.externalPort}`)
      mappings.set(mapping.externalPort, mapping)
      return 'granted'
    },
    stands: async ({ externalPort }) => mappings.has(externalPort),
    async unmap({ externalPort }) {
      calls.push(`unmap ${externalPort}`)
      mappings.delete(externalPort)
    },
    ...changes,
  }
  let searches = 0
  const ports = {
    clock: createSimulatedClock(scheduler, () => 0),
    entropy: createSimulatedEntropy(createRandom(1n)),
    network: { addresses: () => listening },
    telemetry: silence,
    gateway: {
      async find() {
        searches++
        return gateway
      },
    },
  } as unknown as Ports
  const mapper = createPortMapper({
    ports,
    leaseSeconds,
    ownAddresses: { offer: (_, addresses) => void offered.push(addresses) },
  })
  const run = (ms: number) => scheduler.run(scheduler.now() + ms)
  return { mapper, mappings, calls, run, searches: () => searches, told: () => offered.at(-1) }
}

describe('port mapping', () => {
  it('maps, renews, and takes back at the end', async () => {
    const { mapper, calls, run, told, mappings } = setUp()
    mapper.start()
    await run(minuteMs)
    expect([mapper.status(), told(), calls]).toEqual(['mapped', ['/ip4/8.8.4.4/tcp/26600/p2p/self'], ['map 26600']])
    await run(60 * minuteMs)
    expect(calls.length).toBeGreaterThan(2)
    expect(new Set(calls)).toEqual(new Set(['map 26600']))
    await mapper.stop()
    expect([calls.at(-1), mappings.size]).toEqual(['unmap 26600', 0])
  })

  it('renews each time when a third of its lease is over', async () => {
    const { mapper, calls, run, mappings } = setUp({}, undefined, 60)
    mapper.start()
    await run(minuteMs - 1000)
    expect([calls.length, mappings.get(26_600)?.leaseSeconds]).toEqual([3, 60])
  })

  it('maps again what the gateway forgot', async () => {
    const { mapper, mappings, run, told } = setUp()
    mapper.start()
    await run(minuteMs)
    mappings.clear()
    await run(6 * minuteMs)
    expect([mapper.status(), mappings.size, told()?.length]).toEqual(['mapped', 1, 1])
  })

  it('does not tell of mappings that a gateway grants and forgets each time', async () => {
    const { mapper, run, told } = setUp({ stands: async () => false })
    mapper.start()
    await run(5 * minuteMs)
    expect([mapper.status(), told()]).toEqual(['forgetful', []])
  })

  it('takes another port when its own is another machine’s', async () => {
    const { mapper, run, told } = setUp({ map: async ({ externalPort }) => (externalPort === 26_600 ? 'taken' : 'granted') })
    mapper.start()
    await run(5000)
    expect(told()?.[0]).toMatch(/^\/ip4\/8\.8\.4\.4\/tcp\/(?!26600)\d+\/p2p\/self$/)
  })

  it.each([
    ['192.168.0.1', 'double-nat'],
    ['100.64.0.7', 'double-nat'],
    [undefined, 'double-nat'],
  ] as const)('sees another NAT behind %s', async (host, status) => {
    const { mapper, run, told } = setUp({ externalHost: async () => host })
    mapper.start()
    await run(minuteMs)
    expect([mapper.status(), told()]).toEqual([status, []])
  })

  it('gives up for a while when the gateway fails, and comes back', async () => {
    let broken = true
    const { mapper, run, searches } = setUp({
      externalHost: async () => {
        if (broken) throw new Error('garbage')
        return '8.8.4.4'
      },
    })
    mapper.start()
    await run(10_000)
    expect([mapper.status(), searches()]).toEqual(['refused', 1])
    await run(60 * minuteMs)
    expect(searches()).toBeLessThan(15)
    broken = false
    await run(15 * minuteMs)
    expect(mapper.status()).toBe('mapped')
  })

  it.each([[['/ip4/127.0.0.1/tcp/26600/p2p/self']], [['/ip4/8.8.8.8/tcp/26600/p2p/self']], [[]]])(
    'asks nobody for %j',
    async (listening) => {
      const { mapper, run, searches } = setUp({}, listening)
      mapper.start()
      await run(60 * minuteMs)
      expect([mapper.status(), searches()]).toEqual(['none', 0])
      await mapper.stop()
    },
  )

  it('does not wait for a gateway that is silent at the end', async () => {
    const { mapper, run } = setUp({ unmap: () => new Promise<never>(() => undefined) })
    mapper.start()
    await run(minuteMs)
    let stopped = false
    void mapper.stop().then(() => (stopped = true))
    await run(4000)
    expect(stopped).toBe(true)
  })
})
