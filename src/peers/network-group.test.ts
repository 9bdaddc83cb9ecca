import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { contains, formatBlock, parseBlock, parseIp, placeOf, reachOf } from './network-group.ts'

describe('the place of a host', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', '203.0.113.7', '203.0.113.0/24', '203.0.0.0/16'],
    ['127.0.3.9', '127.0.3.9', '127.0.3.9', '127.0.3.0/24', '127.0.0.0/16'],
    ['::ffff:203.0.113.7', '203.0.113.7', '203.0.113.7', '203.0.113.0/24', '203.0.0.0/16'],
    ['::FFFF:cb00:7107', '203.0.113.7', '203.0.113.7', '203.0.113.0/24', '203.0.0.0/16'],
    ['64:ff9b::203.0.113.7', '203.0.113.7', '203.0.113.7', '203.0.113.0/24', '203.0.0.0/16'],
    ['2001:DB8:1:2:3::9', '2001:db8:1:2:3::9', '2001:db8:1:2::/64', '2001:db8:1::/48', '2001:db8::/32'],
    ['fe80::1%eth0', 'fe80::1', 'fe80::/64', 'fe80::/48', 'fe80::/32'],
    ['node7', 'node7', 'node7', 'node7', 'node7'],
  ])('%s', (host, canonical, site, subnet, group) => {
    expect(placeOf(host)).toEqual({ host: canonical, site, subnet, group })
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '010.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3.256',
    '1.2.3.4/8',
    ':::',
    '12345::',
    'example.org',
  ])('is its own where %j is no address', (text) => {
    expect(parseIp(text)).toBeUndefined()
    expect(placeOf(text).group).toBe(text)
  })
})

describe('blocks', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3/32', '10.1.2.3'],
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.3/0', '0.0.0.0/0'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['2001:db8::1/33', '2001:db8::/33'],
  ])('%s is %s', (text, canonical) => {
    expect(formatBlock(parseBlock(text)!)).toBe(canonical)
  })

  it.each(['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '::ffff:10.0.0.0/8', 'x/8', '/8', '1.2.3.4/08x'])(
    'refuses %j',
    (text) => {
      expect(parseBlock(text)).toBeUndefined()
    },
  )

  it('holds exactly the addresses that share its prefix', () => {
    const address = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
    const bitsOf = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
    const property = fc.property(address, fc.nat(128), fc.nat(127), (network, length, flipped) => {
      const width = network.length * 8
      const bits = length % (width + 1)
      const position = flipped % width
      const other = network.slice()
      other[position >> 3]! ^= 0x80 >> (position & 7)
      expect(contains({ network, bits }, network)).toBe(true)
      expect(contains({ network, bits }, other)).toBe(bitsOf(network).slice(0, bits) === bitsOf(other).slice(0, bits))
    })
    fc.assert(property)
  })

  it('are read back as they are written', () => {
    const property = fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(32), (host, bits) => {
      const block = parseBlock(`${host}/${bits}`)
      if (block) expect(parseBlock(formatBlock(block))).toEqual(block)
      const site = placeOf(host)
      expect(placeOf(site.host)).toEqual(site)
    })
    fc.assert(property)
  })
})

describe('reach', () => {
  it.each([
    ['127.0.4.1', 'machine'],
    ['::1', 'machine'],
    ['192.168.3.4', 'site'],
    ['100.64.0.1', 'site'],
    ['fd00::1', 'site'],
    ['203.0.112.4', 'world'],
    ['2a00:1450::1', 'world'],
    ['0.0.0.0', 'none'],
    ['224.0.0.1', 'none'],
    ['255.255.255.255', 'none'],
    ['node1', 'none'],
  ])('of %s: %s', (host, reach) => {
    expect(reachOf(host)).toBe(reach)
  })
})

it('reads IPv4 addresses as the library of addresses does', () => {
  const part = fc.oneof(fc.nat({ max: 300 }).map(String), fc.constantFrom('0', '00', '01', '255', '256', '999'))
  fc.assert(
    fc.property(fc.array(part, { minLength: 4, maxLength: 4 }), (parts) => {
      const text = parts.join('.')
      const known = ipaddr.IPv4.isValidFourPartDecimal(text) ? Uint8Array.from(ipaddr.IPv4.parse(text).octets) : undefined
      expect(parseIp(text)).toEqual(known)
      if (known) expect(placeOf(text).host).toBe(text)
    }),
  )
})
