import { describe, expect, it, test } from 'vitest'
import { isBelievable, listedAddress, type Reach, reachOfPeer } from './address-rules.ts'
import { readDialTarget } from './dial-target.ts'

const id = '12D3KooWPeer'

test.each(['a b', 'ä', 'a%2Fb', '@', ''])('%o is no peer id', (peer) => {
  expect(listedAddress(`/ip4/93.184.216.34/tcp/26600/p2p/${peer}`, peer, 'world')).toBeUndefined()
})

test.each<[address: string, reach: Reach, listed: string | undefined]>([
  [`/ip4/93.184.216.34/tcp/26600/p2p/${id}`, 'world', '/ip4/93.184.216.34/tcp/26600'],
  ['/ip4/93.184.216.34/tcp/26600', 'world', '/ip4/93.184.216.34/tcp/26600'],
  [`/ip4/93.184.216.34/udp/26600/quic-v1/p2p/${id}`, 'world', '/ip4/93.184.216.34/udp/26600/quic-v1'],
  ['/ip6/2606:2800:220:1::1/tcp/443/wss', 'world', '/ip6/2606:2800:220:1::1/tcp/443/wss'],
  ['/dns4/node.example.org/tcp/443', 'world', '/dns4/node.example.org/tcp/443'],
  ['/ip4/93.184.216.34/tcp/26600', 'machine', '/ip4/93.184.216.34/tcp/26600'],
  ['/ip4/192.168.1.7/tcp/26600', 'site', '/ip4/192.168.1.7/tcp/26600'],
  ['/ip4/127.0.3.1/tcp/26600', 'machine', '/ip4/127.0.3.1/tcp/26600'],
  ['/ip4/192.168.1.7/tcp/26600', 'world', undefined],
  ['/ip4/127.0.0.1/tcp/26600', 'site', undefined],
  ['/ip6/::1/tcp/26600', 'world', undefined],
  ['/ip4/0.0.0.0/tcp/26600', 'machine', undefined],
  ['/ip4/224.0.0.1/tcp/26600', 'machine', undefined],
  ['/ip4/93.184.216.34/tcp/26600/p2p/another', 'world', undefined],
  [`/ip4/93.184.216.34/tcp/2601/p2p/relay/p2p-circuit/p2p/${id}`, 'world', undefined],
  [
    `/ip4/93.184.216.34/tcp/2601/p2p/12D3KooWRebay/p2p-circuit/p2p/${id}`,
    'world',
    '/ip4/93.184.216.34/tcp/2601/p2p/12D3KooWRebay/p2p-circuit',
  ],
  ['/ip4/10.1.2.3/tcp/2601/p2p/12D3KooWRebay/p2p-circuit', 'world', undefined],
  [`/ip4/93.184.216.34/tcp/2601/p2p/${id}/p2p-circuit`, 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/p2p/12D3KooWRebay/p2p-circuit/p2p/another', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/p2p/12D3KooWRebay/p2p-circuit/p2p/12D3KooWX/p2p-circuit', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/p2p-circuit', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/0', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/22', 'world', undefined],
  ['/ip4/93.184.216.34/udp/53/quic-v1', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/6379', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/65536', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1e3', 'world', undefined],
  ['/ip4/93.184.216.34/sctp/26600', 'world', undefined],
  ['/ip4/2606:2800:220:1::1/tcp/2601', 'world', undefined],
  ['/ip4/0x5db8d822/tcp/26600', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/26600 ', 'world', undefined],
  ['/dns4/localhost/tcp/443', 'machine', undefined],
  [`/dns4/${'a'.repeat(120)}.org/tcp/443`, 'world', undefined],
  ['/unix/tmp/socket', 'machine', undefined],
  ['', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/dnsaddr/evil.example', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/dns4/evil.example/tcp/2', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/ws/dnsaddr/evil.example', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/unix/run%2Fdocker.sock', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/ip4/127.0.0.1/tcp/6379', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/ipfs/another', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/quic-v1', 'world', undefined],
  ['/ip4/93.184.216.34/udp/2601', 'world', undefined],
  ['/ip4/93.184.216.34/constructor/1', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/2601/tls/ws', 'world', '/ip4/93.184.216.34/tcp/2601/tls/ws'],
  [
    '/ip4/93.184.216.34/udp/2601/webrtc-direct/certhash/uEiA_-b',
    'world',
    '/ip4/93.184.216.34/udp/2601/webrtc-direct/certhash/uEiA_-b',
  ],
  ['/ip4/93.184.216.34/udp/2601/webrtc-direct/certhash/uEiA/dnsaddr/evil.example', 'world', undefined],
])('%s from %s is listed as %s', (address, reach, listed) => {
  expect(listedAddress(address, id, reach)).toBe(listed)
})

test.each([
  ['93.184.216.34', 'world'],
  ['10.1.2.3', 'site'],
  ['fd00::1', 'site'],
  ['127.0.2.1', 'machine'],
  ['node3', 'world'],
])('a peer at %s stands in reach of the %s', (host, reach) => {
  expect(reachOfPeer(host)).toBe(reach)
})

describe('what others say of addresses', () => {
  it.each<[string, string, boolean]>([
    ['/ip4/60.1.2.3/tcp/26600', '198.51.100.1', true],
    ['/ip4/10.1.2.3/tcp/26600', '60.1.2.3', false],
    ['/ip4/10.1.2.3/tcp/26600', '192.168.0.4', true],
    ['/ip4/127.0.0.1/tcp/26600', '192.168.0.4', false],
    ['/ip4/127.0.0.1/tcp/26600', '60.1.2.3', false],
    ['/ip4/127.0.2.1/tcp/26600', '127.0.1.1', true],
    ['/ip6/::ffff:127.0.0.1/tcp/26600', '60.1.2.3', false],
    ['/ip4/0.0.0.0/tcp/26600', '127.0.0.1', false],
    ['/ip4/224.0.0.1/tcp/26600', '60.1.2.3', false],
    ['/dns4/example.org/tcp/26600', '60.1.2.3', false],
    ['/ip4/60.1.2.3/tcp/0', '198.51.100.1', false],
    ['/ip4/60.1.2.3/tcp/22', '198.51.100.1', false],
    ['/ip4/60.1.2.3/udp/53/quic-v1', '198.51.100.1', false],
    ['/ip4/60.1.2.3/tcp/443/wss', '198.51.100.1', true],
    ['/ip4/127.0.0.1/tcp/6379', '127.0.0.1', false],
    ['sim:3/node3', 'node1', true],
    ['/unix/run%2Fdocker.sock', '127.0.0.1', false],
    [`/ip4/60.1.2.3/tcp/26600/p2p/${'x'.repeat(300)}`, '60.1.2.3', false],
  ])('%s from %s: %s', (address, from, believed) => {
    expect(isBelievable(readDialTarget(address), from)).toBe(believed)
  })
})
