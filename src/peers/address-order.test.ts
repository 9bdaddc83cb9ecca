import fc from 'fast-check'
import { expect, it } from 'vitest'
import { preferredFirst, rankByTransport } from './address-order.ts'

it.each([
  ['/ip4/60.1.2.3/tcp/1', 'tcp'],
  ['/ip6/2001:db8::1/tcp/1/ws/p2p/x', 'ws'],
  ['/ip4/60.1.2.3/tcp/1/wss', 'wss'],
  ['/dns4/example.org/tcp/1/tls/ws', 'wss'],
  ['/ip4/60.1.2.3/udp/1/quic-v1/p2p/x', 'quic'],
  ['/ip4/60.1.2.3/udp/1/webrtc-direct/certhash/uEi', 'webrtc'],
  ['/ip4/60.1.2.3/tcp/1/p2p/relay/p2p-circuit/p2p/x', 'relay'],
])('%s is of %s', (address, transport) => {
  expect(rankByTransport(['none', transport])(address)).toBe(1)
  expect(rankByTransport([transport, 'none'])(address)).toBe(0)
  expect(rankByTransport(['none'])(address)).toBe(1)
})

it('asks nothing of an address that is no multiaddr', () => {
  expect(rankByTransport(['quic'])('sim:1/x')).toBe(0)
})

it('each peer keeps its places, and its addresses stand in them by rank, equal ones as they stood', () => {
  const item = fc.record({ peer: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }), rank: fc.nat(3), name: fc.nat() })
  fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), (items) => {
      const ordered = preferredFirst(
        items,
        ({ peer }) => peer,
        ({ rank }) => rank,
      )
      expect(ordered.map(({ peer }) => peer)).toEqual(items.map(({ peer }) => peer))
      for (const peer of ['a', 'b', 'c']) {
        const of = (all: typeof items | typeof ordered) => all.filter((each) => each.peer === peer)
        expect(of(ordered)).toEqual(of(items).toSorted((left, right) => left.rank - right.rank))
      }
      expect(ordered.filter(({ peer }) => peer === undefined)).toEqual(items.filter(({ peer }) => peer === undefined))
    }),
  )
})
