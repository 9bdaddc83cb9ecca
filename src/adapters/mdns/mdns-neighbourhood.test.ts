import { createSocket } from 'node:dgram'
import { encode } from 'dns-packet'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Neighbourhood } from '../../ports/neighbourhood.ts'
import { createMdnsNeighbourhood } from './mdns-neighbourhood.ts'
import { asksFor, concerns, encodeAnnouncement, encodeQuery, nodesIn, readPacket, serviceType } from './service-records.ts'

const type = serviceType('0123456789abcdef')
const node = { peer: '12D3KooWNode', addresses: ['/ip4/192.168.1.2/tcp/26600', '/ip4/192.168.1.2/udp/26600/quic-v1'] }

describe('records of a node', () => {
  it('are a service that every tool understands: pointer, place, address and text', () => {
    const packet = readPacket(encodeAnnouncement(type, node)!)!
    expect(packet.answers?.map(({ type: kind, name }) => `${kind} ${name}`)).toEqual([
      'PTR _services._dns-sd._udp.local',
      'PTR _synod-01234567._tcp.local',
      'SRV 12D3KooWNode._synod-01234567._tcp.local',
      'TXT 12D3KooWNode._synod-01234567._tcp.local',
      'A 12D3KooWNode.local',
    ])
    expect(nodesIn(packet, type)).toEqual([node])
  })

  it('say nothing of another chain, of a node that leaves, or of one without an address', () => {
    expect(nodesIn(readPacket(encodeAnnouncement(serviceType('ffffffff'), node)!)!, type)).toEqual([])
    expect(nodesIn(readPacket(encodeAnnouncement(type, node, true)!)!, type)).toEqual([])
    expect(encodeAnnouncement(type, { ...node, addresses: ['/dns4/x.example/tcp/1', '/memory/1'] })).toBeUndefined()
  })

  it('are asked for by their names, whatever the case, and nothing else is answered', () => {
    expect(asksFor(readPacket(encodeQuery(type))!, type, node.peer)).toBe(true)
    const ask = (name: string) => readPacket(encode({ type: 'query', questions: [{ type: 'ANY' as never, name }] }))!
    expect(asksFor(ask(`${node.peer.toLowerCase()}.${type}`), type, node.peer)).toBe(true)
    expect(asksFor(ask('_ipp._tcp.local'), type, node.peer)).toBe(false)
  })

  it('of a liar are left out: no peer id, no address, too many', () => {
    const told = (data: readonly string[]) =>
      nodesIn(
        readPacket(encode({ type: 'response', answers: [{ type: 'TXT', name: `x.${type}`, ttl: 120, data: [...data] }] }))!,
        type,
      )
    expect(told(['p=0OIl', 'a=/ip4/10.0.0.1/tcp/1'])).toEqual([])
    expect(told(['p=abc'])).toEqual([])
    expect(told(['p=abc', 'a=/ip4/10.0.0.1/tcp/0', 'a=/dns/evil/tcp/1', 'a=/ip4/10.0.0.1/tcp/70000', 'a=/unix/x'])).toEqual([])
    expect(
      told(['p=abc', ...Array.from({ length: 40 }, (_, index) => `a=/ip4/10.0.0.1/tcp/${index + 1}`)])[0]?.addresses,
    ).toHaveLength(6)
    expect(readPacket(Uint8Array.of(1, 2, 3))).toBeUndefined()
  })

  it('cost little to read, whatever a packet says that it holds, and however its names refer to each other', () => {
    const long = Array.from({ length: 4 }, () => [60, ...new Array<number>(60).fill(65)]).flat()
    const record = [0, 16, 0, 1, 0, 0, 0, 1, 0, 0]
    const referring = (count: number) =>
      Uint8Array.of(
        0,
        0,
        0x84,
        0,
        0,
        0,
        count >> 8,
        count & 255,
        0,
        0,
        0,
        0,
        ...long,
        0,
        ...record,
        ...Array.from({ length: count - 1 }, () => [0xc0, 12, ...record]).flat(),
      )
    const boasting = new Uint8Array(9000).fill(0xff, 4, 12)
    expect(readPacket(referring(60))?.answers).toHaveLength(60)
    const startedAt = performance.now()
    for (let count = 0; count < 100; count++)
      for (const packet of [referring(700), boasting]) expect(readPacket(packet)).toBeUndefined()
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })

  it('are told from what is not about this chain without being read', () => {
    const about = (bytes: Uint8Array | undefined) => concerns(bytes!, type, node.peer)
    expect([encodeAnnouncement(type, node), encodeQuery(type), encodeQuery(type.toUpperCase())].map(about)).toEqual([
      true,
      true,
      true,
    ])
    expect(about(encodeQuery('_services._dns-sd._udp.local'))).toBe(true)
    expect([encodeQuery('_ipp._tcp.local'), encodeQuery(serviceType('ffffffff')), new Uint8Array(0)].map(about)).toEqual([
      false,
      false,
      false,
    ])
  })
})

describe('neighbours', () => {
  const open: Neighbourhood[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop()
  })

  async function neighbour(peer: string, chainTag: string, port: number) {
    const found: string[] = []
    const one = createMdnsNeighbourhood({ chainTag, port, includesLoopback: true })
    open.push(one)
    await one.start({
      self: peer,
      addresses: () => [`/ip4/127.0.0.1/tcp/26600/p2p/${peer}`],
      onFound: (addresses) => void found.push(...addresses),
    })
    return found
  }

  it('of one chain find each other, and those of another chain are not met', async () => {
    const port = 20_000 + (process.pid % 20_000)
    const [one, other, stranger] = [
      await neighbour('nodeA', 'aaaaaaaa', port),
      await neighbour('nodeB', 'aaaaaaaa', port),
      await neighbour('nodeC', 'bbbbbbbb', port),
    ]
    await vi.waitFor(
      () => expect([one, other]).toEqual([['/ip4/127.0.0.1/tcp/26600/p2p/nodeB'], ['/ip4/127.0.0.1/tcp/26600/p2p/nodeA']]),
      10_000,
    )
    expect(stranger).toEqual([])
  }, 15_000)

  it('who flood are heard a few times a minute', async () => {
    const port = 40_001 + (process.pid % 20_000)
    const found = await neighbour('nodeA', 'aaaaaaaa', port)
    const socket = createSocket('udp4')
    await new Promise<void>((resume) => socket.bind(0, '127.0.0.1', resume))
    socket.setMulticastInterface('127.0.0.1')
    const flood = Array.from({ length: 300 }, (_, index) =>
      encodeAnnouncement(serviceType('aaaaaaaa'), {
        peer: `node${String(index + 1).replaceAll('0', 'z')}`,
        addresses: ['/ip4/127.0.0.1/tcp/26601'],
      }),
    )
    for (const message of flood) await new Promise((resume) => socket.send(message!, port, '224.0.0.251', resume))
    await vi.waitFor(() => expect(found.length).toBeGreaterThan(10), 5000)
    expect(found.length).toBeLessThanOrEqual(16)
    socket.close()
  }, 15_000)
})
