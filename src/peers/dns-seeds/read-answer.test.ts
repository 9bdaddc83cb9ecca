import { describe, expect, it } from 'vitest'
import { addressesMax, dnsaddrsIn, hostsAt, perGroupMax, recordsReadMax, targetsOf, usableSeedAddresses } from './read-answer.ts'

const peer = '12D3KooWPGkiupirhTam3umJ8U324QdZDugmBKKpGRfwCXzUK1CZ'
const self = '12D3KooW9ywXW2kvKjEdTzwQKikcAb7z6MeoxtM9EzbSXHDcLBpA'
const rules = { port: 26_600, allowsPrivate: false, self, own: ['/ip4/8.8.4.4/tcp/26600'] }
const usable = (...addresses: readonly string[]) => usableSeedAddresses(addresses, rules)

describe('addresses that a seed names', () => {
  it.each([
    ['one at a port', '/ip4/8.8.8.8/tcp/26600', true],
    ['one with a peer id', `/ip4/8.8.8.8/tcp/26600/p2p/${peer}`, true],
    ['IPv6', '/ip6/2a00:1450::1/tcp/26600', true],
    ['QUIC', '/ip4/8.8.8.8/udp/26600/quic-v1', true],
    ['a private one', '/ip4/10.0.0.1/tcp/26600', false],
    ['loopback', '/ip4/127.0.0.1/tcp/26600', false],
    ['loopback of IPv6', '/ip6/::1/tcp/26600', false],
    ['link-local', '/ip4/169.254.1.1/tcp/26600', false],
    ['a unique local one', '/ip6/fd00::1/tcp/26600', false],
    ['multicast', '/ip4/224.0.0.1/tcp/26600', false],
    ['broadcast', '/ip4/255.255.255.255/tcp/26600', false],
    ['nowhere', '/ip4/0.0.0.0/tcp/26600', false],
    ['one for documentation', '/ip6/2001:db8::1/tcp/26600', false],
    ['IPv4 within IPv6, private', '/ip6/::ffff:10.0.0.1/tcp/26600', false],
    ['our own', '/ip4/8.8.4.4/tcp/26600', false],
    ['our own under another transport', '/ip4/8.8.4.4/tcp/26600/ws', false],
    ['our own peer id elsewhere', `/ip4/8.8.8.8/tcp/26600/p2p/${self}`, false],
    ['port 0', '/ip4/8.8.8.8/tcp/0', false],
    ['port 22', '/ip4/8.8.8.8/tcp/22', false],
    ['port 53', '/ip4/8.8.8.8/udp/53/quic-v1', false],
    ['a database', '/ip4/8.8.8.8/tcp/5432', false],
    ['a port there is not', '/ip4/8.8.8.8/tcp/65536', false],
    ['a name', '/dns4/example.org/tcp/26600', false],
    ['a relay', `/ip4/8.8.8.8/tcp/26600/p2p/${peer}/p2p-circuit`, false],
    ['a socket of this machine', '/unix/run/docker.sock', false],
    ['nothing', '', false],
    ['two peer ids', `/ip4/8.8.8.8/tcp/26600/p2p/${peer}/p2p/${peer}`, false],
    ['control characters', '/ip4/8.8.8.8/tcp/26600\n', false],
    ['octal', '/ip4/010.8.8.8/tcp/26600', false],
  ])('%s: %j', (_what, address, isUsable) => {
    expect(usable(address)).toEqual(isUsable ? [address] : [])
  })

  it('may be private where the operator says so, and still not our own', () => {
    const addresses = [
      '/ip4/10.0.0.1/tcp/26600',
      '/ip4/127.0.0.1/tcp/26600',
      '/ip4/224.0.0.1/tcp/26600',
      '/ip4/8.8.4.4/tcp/26600',
    ]
    expect(usableSeedAddresses(addresses, { ...rules, allowsPrivate: true })).toEqual(addresses.slice(0, 2))
  })

  it('are few of each group and few in all, whatever is said', () => {
    const flood = Array.from({ length: 10_000 }, (_, index) => `/ip4/8.8.${index >> 8}.${index & 255}/tcp/26600`)
    expect(usable(...flood)).toHaveLength(perGroupMax)
    const wide = Array.from({ length: 10_000 }, (_, index) => `/ip4/${20 + (index % 60)}.${index & 127}.1.1/tcp/26600`)
    expect(usable(...wide)).toHaveLength(addressesMax)
    expect(usable(...Array(10_000).fill(wide[0]))).toHaveLength(1)
  })
})

describe('records', () => {
  it('of hosts are read up to a bound, in their shortest form, at the chain’s port', () => {
    const addresses = ['8.8.8.8', '2a00:1450:0:0::1', '::ffff:8.8.8.8', 'x', '8.8.8', '1.2.3.4/8']
    expect(hostsAt({ kind: 'A', addresses }, 26_600)).toEqual([
      '/ip4/8.8.8.8/tcp/26600',
      '/ip6/2a00:1450::1/tcp/26600',
      '/ip4/8.8.8.8/tcp/26600',
    ])
    expect(hostsAt({ kind: 'A', addresses: Array(10_000).fill('8.8.8.8') }, 26_600)).toHaveLength(recordsReadMax)
  })

  it('of texts that are no dnsaddr, or too long, are passed over', () => {
    const address = `/ip4/8.8.8.8/tcp/26600/p2p/${peer}`
    const texts = [
      `dnsaddr=${address}`,
      address,
      'v=spf1 -all',
      `dnsaddr=/${'x'.repeat(3000)}`,
      'dnsaddr=',
      'dnsaddr=/a b',
      'dnsaddr=x',
    ]
    expect(dnsaddrsIn(texts)).toEqual([address])
    expect(dnsaddrsIn(Array(10_000).fill(`dnsaddr=${address}`))).toHaveLength(recordsReadMax)
  })

  it('of services are taken by priority and weight; those without a service, at other services’ ports, and repeated ones are not', () => {
    const service = (target: string, priority: number, weight: number, port = 26_600) => ({ target, priority, weight, port })
    const services = [
      service('late.example', 2, 9),
      service('light.example', 1, 1),
      service('heavy.example.', 1, 5),
      service('heavy.example.', 1, 5),
      service('.', 0, 0),
      service('', 0, 0),
      service('shell.example', 0, 0, 22),
      service('zero.example', 0, 0, 0),
      service('o d.example', 0, 0),
    ]
    expect(targetsOf(services).map(({ target }) => target)).toEqual(['heavy.example.', 'light.example', 'late.example'])
    expect(targetsOf(Array.from({ length: 10_000 }, (_, index) => service(`n${index}.example`, 0, 0)))).toHaveLength(8)
  })
})
