import { describe, expect, it } from 'vitest'
import type { NetView } from '../../client/operator-views.ts'
import { createUsefulness } from '../../engine/usefulness.ts'
import { noTraffic } from '../../ports/network.ts'
import { silence } from '../../ports/telemetry.ts'
import { netFigures, netLines } from './net-table.ts'

const addressBook: NetView['addressBook'] = {
  new: 40,
  tried: 9,
  groups: 12,
  transports: { tcp: 30, quic: 15, relay: 4 },
  learnt: { config: 0, seed: 20, peer: 25, dht: 3, mdns: 1 },
  anchors: ['/ip4/8.8.8.8/tcp/26600/p2p/12D3KooWQ8UihqLjfEW568kz5nrEkBEp6293sJtt7cHhEgZwPted'],
}

function net(at: number, bytes: number, peers: readonly string[]): NetView {
  const usefulness = createUsefulness(silence)
  usefulness.count('batches', 'useful', bytes * 3)
  usefulness.count('batches', 'duplicate', bytes)
  const traffic = { ...noTraffic(), wire: { bytesIn: bytes * 5, bytesOut: bytes } }
  const total = { ...traffic, classes: { ...traffic.classes, batches: { bytesIn: bytes * 4, bytesOut: 0 } } }
  return { at, total, peers: peers.map((id) => ({ id, traffic })), usefulness: usefulness.totals(), addressBook }
}

describe('figures of the network', () => {
  const figures = netFigures(net(1000, 1000, ['old', 'both']), net(3000, 3000, ['both', 'new']))

  it('are totals, and rates over the time between two askings', () => {
    expect(figures).toMatchObject({
      intervalMs: 2000,
      wire: { bytesIn: 15_000, bytesOut: 3000, inPerSecond: 5000, outPerSecond: 1000 },
      usefulBytes: 9000,
      duplicateBytes: 3000,
      usefulShareOfWire: 0.6,
    })
    expect(figures.classes['batches']).toEqual({
      bytesIn: 12_000,
      bytesOut: 0,
      inPerSecond: 4000,
      outPerSecond: 0,
      usefulBytes: 9000,
      duplicateBytes: 3000,
    })
    expect(Object.entries(figures.peers).map(([id, { inPerSecond }]) => [id, inPerSecond])).toEqual([
      ['both', 5000],
      ['new', 7500],
    ])
  })

  it('never run backwards when a connection was replaced, nor divide by nothing', () => {
    const { wire, usefulShareOfWire } = netFigures(net(1000, 3000, []), net(1000, 0, []))
    expect([wire.inPerSecond, usefulShareOfWire]).toEqual([0, null])
  })

  it('are told in two tables and a sentence, in 80 columns', () => {
    const lines = netLines(figures, 80)
    expect(lines).toContain('batches    12k     0  4.0k      0    9.0k       3.0k        75.0 %')
    expect(lines).toContain('wire       15k  3.0k  5.0k   1.0k    9.0k       3.0k        75.0 %')
    expect(lines).toContain('60.0 % of the bytes that came over the sockets were useful')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80)
    expect(lines.filter((line) => /^(both|new) /.test(line))).toHaveLength(2)
    expect(lines).toContain('address book: 9 tried, 40 heard of, in 12 network groups')
    expect(lines).toContain('  by transport: 30 tcp, 15 quic, 4 relay')
    expect(lines).toContain('  told since the start: 20 seed, 25 peer, 3 dht, 1 mdns')
    expect(lines.at(-1)).toMatch(/^ {2}anchor \/ip4\/8\.8\.8\.8\/tcp/)
    expect(netLines(netFigures(net(1, 0, []), net(2, 0, [])), 80)).toContain(
      'nothing has crossed the sockets, or the transport does not tell',
    )
  })
})
