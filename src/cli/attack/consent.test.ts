import { describe, expect, it } from 'vitest'
import { isLoopback, type NodeAnswer, requireConsent } from './consent.ts'
import type { Target } from './target.ts'

const target = (host: string, port = 26_600): Target => ({
  host,
  port,
  address: `/ip${host.includes(':') ? 6 : 4}/${host}/tcp/${port}`,
})
const answer = (fields: Partial<NodeAnswer> = {}): NodeAnswer => ({
  apiHost: '203.0.113.7',
  tokenAccepted: true,
  addresses: ['/ip4/203.0.113.7/tcp/26600/p2p/12D3KooWNode', '/ip6/2001:db8::7/tcp/26600'],
  ...fields,
})
const refused = { code: 'ATTACK_REFUSED' }

describe('loopback', () => {
  it.each(['127.0.0.1', '127.66.3.9', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1'])('%s', (host) => {
    expect(isLoopback(host)).toBe(true)
    expect(() => requireConsent(target(host), undefined, [])).not.toThrow()
  })

  it.each([
    '126.255.255.255',
    '128.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '192.168.1.1',
    '169.254.1.1',
    '203.0.113.7',
    '::',
    '::2',
    'fe80::1',
    'fd00::1',
    '2001:db8::7',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::127.0.0.1',
    'localhost',
    '127.1',
    '',
  ])('not %s', (host) => {
    expect(isLoopback(host)).toBe(false)
    expect(() => requireConsent(target(host), undefined, ['127.0.0.1', host])).toThrow(expect.objectContaining(refused))
  })
})

describe('a node that is not on loopback', () => {
  const node = target('203.0.113.7')

  it.each<[string, Target, NodeAnswer, readonly string[]]>([
    ['takes the token at the same address, and listens there', node, answer(), []],
    ['is on this very machine, and its API on loopback', node, answer({ apiHost: '127.0.0.1' }), ['203.0.113.7']],
    ['speaks IPv6, written in another way', target('2001:db8:0:0:0:0:0:7'), answer({ apiHost: '2001:DB8::7' }), []],
  ])('is attacked when it %s', (_name, where, consent, own) => {
    expect(() => requireConsent(where, consent, own)).not.toThrow()
  })

  it.each<[string, Target, NodeAnswer, readonly string[]]>([
    ['the token is wrong', node, answer({ tokenAccepted: false }), []],
    ['the API is on another host', node, answer({ apiHost: '203.0.113.8' }), ['203.0.113.8']],
    ['the API is on loopback and the node elsewhere', node, answer({ apiHost: '127.0.0.1' }), ['198.51.100.1']],
    [
      'the API is on another of this machine’s addresses',
      node,
      answer({ apiHost: '198.51.100.1' }),
      ['198.51.100.1', '203.0.113.7'],
    ],
    ['it listens at another port', target('203.0.113.7', 26_601), answer(), []],
    ['it listens at no address', node, answer({ addresses: [] }), []],
    ['it listens at another address', node, answer({ addresses: ['/ip4/203.0.113.8/tcp/26600'] }), []],
    ['it listens there by another transport', node, answer({ addresses: ['/ip4/203.0.113.7/udp/26600/quic-v1'] }), []],
    ['it says a name', node, answer({ addresses: ['/dns4/203.0.113.7/tcp/26600'] }), []],
    ['it says everywhere', node, answer({ addresses: ['/ip4/0.0.0.0/tcp/26600'] }), []],
    ['its addresses make no sense', node, answer({ addresses: ['', '/', 'ip4', '/ip4/203.0.113.7', '/ip4/x/tcp/26600'] }), []],
    ['the address is relayed', node, answer({ addresses: ['/ip4/203.0.113.7'] }), []],
  ])('is not when %s', (_name, where, consent, own) => {
    expect(() => requireConsent(where, consent, own)).toThrow(expect.objectContaining(refused))
  })
})
