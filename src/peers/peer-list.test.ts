import { expect, test } from 'vitest'
import { listedAddress, type Reach, reachOfPeer } from './peer-list.ts'

const id = '12D3KooWPeer'

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
  [`/ip4/93.184.216.34/tcp/1/p2p/relay/p2p-circuit/p2p/${id}`, 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/p2p-circuit', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/0', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/65536', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1e3', 'world', undefined],
  ['/ip4/93.184.216.34/sctp/26600', 'world', undefined],
  ['/ip4/2606:2800:220:1::1/tcp/1', 'world', undefined],
  ['/ip4/0x5db8d822/tcp/26600', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/26600 ', 'world', undefined],
  ['/dns4/localhost/tcp/443', 'machine', undefined],
  [`/dns4/${'a'.repeat(120)}.org/tcp/443`, 'world', undefined],
  ['/unix/tmp/socket', 'machine', undefined],
  ['', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/dnsaddr/evil.example', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/dns4/evil.example/tcp/2', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/ws/dnsaddr/evil.example', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/unix/run%2Fdocker.sock', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/ip4/127.0.0.1/tcp/6379', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/ipfs/another', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/quic-v1', 'world', undefined],
  ['/ip4/93.184.216.34/udp/1', 'world', undefined],
  ['/ip4/93.184.216.34/constructor/1', 'world', undefined],
  ['/ip4/93.184.216.34/tcp/1/tls/ws', 'world', '/ip4/93.184.216.34/tcp/1/tls/ws'],
  ['/ip4/93.184.216.34/udp/1/webrtc-direct/certhash/uEiA_-b', 'world', '/ip4/93.184.216.34/udp/1/webrtc-direct/certhash/uEiA_-b'],
  ['/ip4/93.184.216.34/udp/1/webrtc-direct/certhash/uEiA/dnsaddr/evil.example', 'world', undefined],
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
