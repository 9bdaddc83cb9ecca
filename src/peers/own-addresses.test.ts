import { describe, expect, it } from 'vitest'
import {
  addressesAt,
  announcedMax,
  createOwnAddressTable,
  groupsToConfirm,
  groupsToFail,
  isPublic,
  verdictMs,
} from './own-addresses.ts'

const listening = '/ip4/8.8.4.4/tcp/26600/p2p/self'
const mapped = '/ip4/9.9.9.9/tcp/26600/p2p/self'

function tableWith(...addresses: string[]) {
  const table = createOwnAddressTable()
  table.offer('listen', addresses)
  return table
}

describe('own addresses', () => {
  it('tells what sockets, gateways and relays say, and what others see only once it is confirmed', () => {
    const table = tableWith(listening)
    table.offer('observed', [mapped])
    expect(table.announced(0)).toEqual([listening])
    for (let group = 0; group < groupsToConfirm; group++) table.judge(mapped, `group ${group}`, 'reached', 0)
    expect(table.announced(0)).toEqual([mapped, listening])
    expect(table.reachability(0)).toBe('public')
  })

  it('believes no single group, however often it speaks', () => {
    const table = tableWith(listening)
    for (let turn = 0; turn < 50; turn++) table.judge(listening, 'one', turn % 2 === 0 ? 'unreachable' : 'reached', turn)
    expect(table.candidates(50)).toEqual([{ address: listening, sources: ['listen'], standing: 'unconfirmed' }])
    expect(table.reachability(50)).toBe('unknown')
  })

  it('does not tell an address at which several groups could not reach it', () => {
    const table = tableWith(listening)
    for (let group = 0; group < groupsToFail; group++) table.judge(listening, `group ${group}`, 'unreachable', 0)
    expect(table.announced(0)).toEqual([])
    expect(table.reachability(0)).toBe('private')
  })

  it('believes connections that came back before any number of servers which say that none could be made', () => {
    const table = tableWith(listening)
    for (let group = 0; group < 20; group++) table.judge(listening, `liar ${group}`, 'unreachable', 0)
    for (let group = 0; group < groupsToConfirm; group++) table.judge(listening, `group ${group}`, 'reached', 0)
    expect(table.candidates(0)[0]?.standing).toBe('confirmed')
  })

  it('forgets verdicts that are old, and those on addresses that are gone', () => {
    const table = tableWith(listening)
    for (const group of ['a', 'b']) table.judge(listening, group, 'reached', 0)
    expect(table.reachability(verdictMs - 1)).toBe('public')
    expect(table.reachability(verdictMs)).toBe('unknown')
    table.offer('listen', [])
    table.offer('listen', [listening])
    expect(table.reachability(0)).toBe('unknown')
  })

  it('holds no more than fits, whatever is offered', () => {
    const table = tableWith(...Array.from({ length: 500 }, (_, index) => `/ip4/8.8.4.4/tcp/${index + 1}/p2p/self`))
    table.offer('observed', ['x'.repeat(300)])
    expect(table.announced(0)).toHaveLength(announcedMax)
    expect(table.candidates(0)).toHaveLength(32)
    for (let group = 0; group < 500; group++) table.judge('/ip4/1.1.1.1/tcp/1', `${group}`, 'reached', 0)
    expect(table.candidates(0)).toHaveLength(32)
  })

  it('says when an offer is news', () => {
    const table = createOwnAddressTable()
    expect([
      table.offer('stun', [mapped]),
      table.offer('stun', [mapped]),
      table.offer('stun', [mapped, listening]),
      table.offer('stun', []),
    ]).toEqual([true, false, true, true])
  })
})

describe('public addresses', () => {
  it.each([
    [listening, true],
    ['/ip6/2a00:1450::1/udp/26600/quic-v1', true],
    ['/ip4/127.0.0.1/tcp/26600', false],
    ['/ip4/192.168.1.7/tcp/26600', false],
    ['/ip6/fe80::1/tcp/26600', false],
    ['/ip4/9.9.9.9/tcp/26600/p2p/relay/p2p-circuit/p2p/self', false],
    ['/dns4/node.example.org/tcp/26600', false],
    ['/memory/one', false],
    ['sim://one', true],
  ])('%s: %s', (address, expected) => expect(isPublic(address)).toBe(expected))
})

describe('addresses at a host that others see', () => {
  const sockets = [
    '/ip4/127.0.0.1/tcp/26600/p2p/self',
    '/ip4/192.168.1.7/tcp/26600/p2p/self',
    '/ip4/192.168.1.7/udp/26600/quic-v1/p2p/self',
    '/ip4/10.0.0.7/tcp/26600/p2p/self',
    '/ip6/fd00::7/tcp/26600/p2p/self',
    '/ip4/9.9.9.8/tcp/1/p2p/relay/p2p-circuit/p2p/self',
  ]
  it.each([
    ['9.9.9.9', ['/ip4/9.9.9.9/tcp/26600/p2p/self', '/ip4/9.9.9.9/udp/26600/quic-v1/p2p/self']],
    ['2a00:1450::1', ['/ip6/2a00:1450::1/tcp/26600/p2p/self']],
    ['192.168.1.1', []],
    ['127.0.0.1', []],
    ['no address', []],
  ])('%s', (host, expected) => expect(addressesAt(host, sockets)).toEqual(expected))
})
