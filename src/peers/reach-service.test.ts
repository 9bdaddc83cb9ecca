import { describe, expect, it } from 'vitest'
import { nonceBytes, paymentOf } from './reach-message.ts'
import { createReachAdmission, reachTargetOf } from './reach-service.ts'

const asker = '12D3KooWAsker'
const nonce = new Uint8Array(nonceBytes).fill(7)
const none = new Uint8Array(0)
const paid = paymentOf(nonce)

describe('what is dialled on request', () => {
  it.each([
    ['the asker’s own host', '/ip4/8.8.4.4/tcp/26600', none, '8.8.4.4', { isForeign: false }],
    ['with its id', `/ip4/8.8.4.4/tcp/26600/p2p/${asker}`, none, '8.8.4.4', { isForeign: false }],
    ['over IPv6', '/ip6/2a00:1450::7/udp/26600/quic-v1', none, '2a00:1450::7', { isForeign: false }],
    ['another host that is paid for', '/ip4/9.9.9.9/tcp/26600', paid, '8.8.4.4', { isForeign: true }],
    ['another host', '/ip4/9.9.9.9/tcp/26600', none, '8.8.4.4', undefined],
    ['another host, paid with what compresses', '/ip4/9.9.9.9/tcp/26600', new Uint8Array(paid.length), '8.8.4.4', undefined],
    [
      'another host, paid with what was paid before',
      '/ip4/9.9.9.9/tcp/26600',
      paymentOf(new Uint8Array(16)),
      '8.8.4.4',
      undefined,
    ],
    ['a private address', '/ip4/192.168.1.1/tcp/26600', paid, '8.8.4.4', undefined],
    ['this machine', '/ip4/127.0.0.1/tcp/26600', paid, '8.8.4.4', undefined],
    ['a port of another service', '/ip4/8.8.4.4/tcp/22', none, '8.8.4.4', undefined],
    ['port 0', '/ip4/8.8.4.4/tcp/0', none, '8.8.4.4', undefined],
    ['another peer', '/ip4/8.8.4.4/tcp/26600/p2p/12D3KooWOther', none, '8.8.4.4', undefined],
    ['a name', '/dns4/node.example.org/tcp/26600', paid, '8.8.4.4', undefined],
    ['a relay', `/ip4/8.8.4.4/tcp/26600/p2p/12D3KooWRelay/p2p-circuit/p2p/${asker}`, none, '8.8.4.4', undefined],
    ['something for a neighbour', '/ip4/8.8.4.4/tcp/26600', paid, '192.168.1.7', undefined],
    ['something for who is on this machine', '/ip4/8.8.4.4/tcp/26600', paid, '127.0.0.1', undefined],
    ['something for who is relayed', '/ip4/8.8.4.4/tcp/26600', paid, 'relay:12D3KooWRelay', undefined],
    ['nonsense', '/unix/tmp/socket', none, '8.8.4.4', undefined],
  ])('%s', (_, address, payment, host, expected) => {
    const target = reachTargetOf({ address, nonce, payment }, asker, host)
    expect(target && { isForeign: target.isForeign }).toEqual(expected)
    if (target) expect(target.address.endsWith(`/p2p/${asker}`)).toBe(true)
  })
})

describe('how often', () => {
  it('is bounded for one asker, one site, other hosts, and all', () => {
    const granted = (ask: (count: number) => [string, string, boolean]) => {
      const admission = createReachAdmission()
      return Array.from({ length: 500 }, (_, count) => admission.waitMs(...ask(count), 0)).filter((wait) => wait === 0).length
    }
    expect(granted(() => ['one', 'a', false])).toBe(6)
    expect(granted((count) => [`${count}`, 'a', false])).toBe(12)
    expect(granted((count) => [`${count}`, `${count}`, true])).toBe(6)
    expect(granted((count) => [`${count}`, `${count}`, false])).toBe(60)
  })

  it('is granted again in time', () => {
    const admission = createReachAdmission()
    for (let count = 0; count < 6; count++) admission.waitMs('one', 'a', false, 0)
    const waitMs = admission.waitMs('one', 'a', false, 0)
    expect(waitMs).toBe(10_000)
    expect(admission.waitMs('one', 'a', false, waitMs)).toBe(0)
  })
})
