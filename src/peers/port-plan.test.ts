import { expect, it } from 'vitest'
import { mappedAddresses, portsToMap } from './port-plan.ts'

const site = [
  '/ip4/192.168.1.7/tcp/26600/p2p/self',
  '/ip4/10.0.0.7/tcp/26600/p2p/self',
  '/ip4/192.168.1.7/udp/26600/quic-v1/p2p/self',
  '/ip4/192.168.1.7/udp/26600/webrtc-direct/certhash/uX/p2p/self',
]

it('asks for the ports of private addresses, each once', () => {
  const ports = portsToMap([
    ...site,
    '/ip4/127.0.0.1/tcp/1',
    '/ip4/8.8.4.4/tcp/2',
    '/ip6/fd00::1/tcp/3',
    '/memory/x',
    'sim:1/node1',
  ])
  expect(ports.map(({ protocol, port }) => [protocol, port])).toEqual([
    ['tcp', 26_600],
    ['udp', 26_600],
  ])
  expect(mappedAddresses(ports[0]!, '8.8.8.8', 4001)).toEqual(['/ip4/8.8.8.8/tcp/4001/p2p/self'])
  expect(mappedAddresses(ports[1]!, '8.8.8.8', 4001)).toEqual([
    '/ip4/8.8.8.8/udp/4001/quic-v1/p2p/self',
    '/ip4/8.8.8.8/udp/4001/webrtc-direct/certhash/uX/p2p/self',
  ])
})

it.each([[['/ip4/127.0.0.1/tcp/26600']], [['/ip4/8.8.4.4/tcp/26600']], [['/ip4/9.9.9.9/tcp/1/p2p/relay/p2p-circuit']], [[]]])(
  'asks for nothing with %j',
  (listening) => expect(portsToMap(listening)).toEqual([]),
)
