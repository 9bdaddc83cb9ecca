import { describe, expect, it } from 'vitest'
import { silence } from '../ports/telemetry.ts'
import { createOwnAddresses } from './own-addresses.ts'
import type { Ports } from './ports.ts'

const seen = '/ip4/8.8.4.4/tcp/26600/p2p/self'
const at = (...hosts: readonly string[]) => hosts.map((host) => `/ip${host.includes(':') ? 6 : 4}/${host}/tcp/26600/p2p/self`)

/** A node that peers of two groups have reached at an address which STUN servers told. */
function reachedAt(...hosts: readonly string[]) {
  let listening = at(...hosts)
  let moves = 0
  const network = { addresses: () => listening }
  const ports = { clock: { monotonic: () => 0 }, network, telemetry: silence } as unknown as Ports
  const own = createOwnAddresses({ ports })
  own.onMoved(() => moves++)
  own.offerHosts('stun', ['8.8.4.4'])
  for (const group of ['one', 'other']) own.judge(seen, group, 'reached')
  expect(own.reachability()).toBe('public')
  return {
    own,
    moves: () => moves,
    stand(...places: readonly string[]) {
      listening = at(...places)
    },
  }
}

describe('a machine that', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['gets another address', ['192.168.1.7'], ['10.0.0.9']],
    ['gets another address, beside a bridge of its own that stays', ['172.17.0.1', '192.168.1.7'], ['172.17.0.1', '10.0.0.9']],
    ['leaves a network of IPv6', ['192.168.1.7', '2a00:1450::7'], ['192.168.1.7', '2a00:1451::7']],
  ])('%s finds out anew where it can be reached', (_what, before, after) => {
    const { own, stand, moves } = reachedAt(...before)
    stand(...after)
    expect([own.reachability(), moves()]).toEqual(['unknown', 1])
    expect(own.candidates().map(({ address }) => address)).toEqual(at(...after))
    expect([own.reachability(), moves()]).toEqual(['unknown', 1])
  })

  it.each<[string, readonly (readonly string[])[]]>([
    ['is where it was', [['127.0.0.1', '192.168.1.7']]],
    ['has a network more', [['192.168.1.7', '172.17.0.1']]],
  ])('%s knows what it knew', (_what, places) => {
    const { own, stand, moves } = reachedAt('192.168.1.7')
    for (const place of places) {
      stand(...place)
      own.reachability()
    }
    expect([own.reachability(), moves()]).toEqual(['public', 0])
  })

  it('loses its cable, and gets it back, has not moved', () => {
    const { own, stand, moves } = reachedAt('192.168.1.7')
    stand()
    own.reachability()
    stand('192.168.1.7')
    expect([own.reachability(), moves()]).toEqual(['unknown', 0])
  })

  it('changes its temporary IPv6 address has not moved', () => {
    const { own, stand, moves } = reachedAt('192.168.1.7', '2a00:1450::7')
    stand('192.168.1.7', '2a00:1450::abcd')
    expect([own.reachability(), moves()]).toEqual(['public', 0])
  })
})
