import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { usableAddresses } from './listen-addresses.ts'

const peer = '12D3KooWPeer'
const abroad = '203.0.114.7'
const home = '127.0.0.1'

describe('the addresses a peer claims', () => {
  it.each<[string, string, string, boolean]>([
    ['a public address', '/ip4/198.41.0.4/tcp/26600', abroad, true],
    ['with the peer’s own id', `/ip4/198.41.0.4/tcp/26600/p2p/${peer}`, abroad, true],
    ['of QUIC', '/ip4/198.41.0.4/udp/26600/quic-v1', abroad, true],
    ['of WebSocket', '/dns4/node.example.org/tcp/443/tls/ws', abroad, true],
    ['of WebRTC', '/ip4/198.41.0.4/udp/5000/webrtc-direct/certhash/uEiAbc', abroad, true],
    ['of IPv6', '/ip6/2606:4700::1111/tcp/26600', abroad, true],
    ['that is another peer’s', '/ip4/198.41.0.4/tcp/26600/p2p/12D3KooWAnother', abroad, false],
    ['a private one, from abroad', '/ip4/192.168.1.2/tcp/26600', abroad, false],
    ['a private one, from nearby', '/ip4/192.168.1.2/tcp/26600', '192.168.1.9', true],
    ['a loopback one, from abroad', '/ip4/127.0.0.1/tcp/26600', abroad, false],
    ['a loopback one, from loopback', '/ip4/127.0.1.1/tcp/26600', home, true],
    ['a private one inside IPv6', '/ip6/::ffff:10.0.0.1/tcp/2601', abroad, false],
    ['every interface', '/ip4/0.0.0.0/tcp/26600', home, false],
    ['everybody', '/ip4/255.255.255.255/tcp/26600', home, false],
    ['multicast', '/ip4/224.0.0.1/tcp/26600', home, false],
    ['a link’s own', '/ip6/fe80::1/tcp/26600', abroad, false],
    ['port 0', '/ip4/198.41.0.4/tcp/0', abroad, false],
    ['port 65536', '/ip4/198.41.0.4/tcp/65536', abroad, false],
    ['a relay', '/ip4/198.41.0.4/tcp/2601/p2p/12D3KooWRelay/p2p-circuit', abroad, false],
    ['with a name inside', '/ip4/198.41.0.4/tcp/2601/dnsaddr/evil.example', abroad, false],
    ['with a socket inside', '/ip4/198.41.0.4/tcp/2601/unix/run%2Fdocker.sock', abroad, false],
    ['an impossible address', '/ip4/999.0.0.1/tcp/26600', home, false],
    ['one that is too long', `/dns4/${'a.'.repeat(150)}b/tcp/2601`, abroad, false],
    ['with a line break', '/dns4/node.example.org\n/tcp/2601', abroad, false],
  ])('%s: %s from %s is kept: %s', (_, address, host, kept) => {
    expect(usableAddresses([address], peer, host)).toEqual(kept ? [address] : [])
  })

  it('stand once each, and are left to the network where they are no multiaddrs', () => {
    const address = '/ip4/198.41.0.4/tcp/26600'
    expect(usableAddresses([address, address, 'sim:1/node'], peer, abroad)).toEqual([address, 'sim:1/node'])
  })

  it('are filtered whatever they are, without a crash', () => {
    const property = fc.property(fc.array(fc.string({ unit: 'binary' })), fc.string(), (claimed, host) => {
      expect(usableAddresses(claimed, peer, host).length).toBeLessThanOrEqual(claimed.length)
    })
    fc.assert(property)
  })
})
