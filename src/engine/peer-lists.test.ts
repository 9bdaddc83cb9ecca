import { describe, expect, it } from 'vitest'
import { decode, encode } from '../codec/codec.ts'
import { peerListMessageSchema } from '../peers/peer-list.ts'
import type { Network, PeerInfo } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { createPeerLists } from './peer-lists.ts'
import type { Ports } from './ports.ts'

interface FakePeer {
  readonly id: string
  readonly host: string
  readonly version?: number
}

/** One node among peers that come and go, whose clock is turned by hand. */
function setUp() {
  const peers: FakePeer[] = []
  const sent: { peer: string; message: Bytes }[] = []
  const rejections: string[] = []
  const timers: { at: number; callback: () => void }[] = []
  let now = 0
  let accepts = true
  const clock = {
    now: () => now,
    monotonic: () => now,
    schedule(delayMs: number, callback: () => void) {
      const timer = { at: now + delayMs, callback }
      timers.push(timer)
      return { cancel: () => void timers.splice(timers.indexOf(timer), 1) }
    },
  }
  const network = {
    self: 'self',
    addresses: () => ['/ip4/93.184.216.1/tcp/2601/p2p/self'],
    peers: () =>
      peers.map(({ id, host }, index) => ({ id, host, address: '', direction: 'inbound', connectedAt: index }) as PeerInfo),
    send(peer: string, _channel: string, message: Bytes) {
      if (accepts) sent.push({ peer, message })
      return accepts
    },
  } as unknown as Network
  const lists = createPeerLists({
    ports: { clock, network } as unknown as Ports,
    negotiated: (id) => peers.find((peer) => peer.id === id)?.version ?? 2,
    onRejection: (_peer, { code }) => void rejections.push(code),
  })
  const pass = (ms: number) => {
    now += ms
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers.splice(timers.indexOf(timer), 1)
      timer.callback()
    }
  }
  return {
    lists,
    rejections,
    pass,
    refuse: (refuses: boolean) => {
      accepts = !refuses
    },
    meet(peer: FakePeer) {
      peers.push(peer)
      lists.met()
    },
    part(id: string) {
      peers.splice(
        peers.findIndex((peer) => peer.id === id),
        1,
      )
      lists.forget(id)
    },
    /** What a peer was told since last asked, decoded. */
    told(id: string) {
      const theirs = sent.filter(({ peer }) => peer === id)
      for (const each of theirs) sent.splice(sent.indexOf(each), 1)
      return theirs.map(({ message }) => {
        const decoded = decode(peerListMessageSchema, message)
        return decoded.ok ? decoded.value : undefined
      })
    },
  }
}

const far = (id: string, last: number): FakePeer => ({ id, host: `93.184.216.${last}` })
const full = (version: number, ...entries: string[]) => encode(peerListMessageSchema, { type: 'full', version, entries })

describe('what a node tells of its peers', () => {
  it('is everything once, then what changed, and nothing when nothing did', () => {
    const node = setUp()
    node.meet(far('alice', 10))
    node.meet(far('bob', 11))
    node.pass(1000)
    expect(node.told('alice')).toMatchObject([{ type: 'full', version: 1, entries: ['alice', 'bob'] }])
    node.meet(far('carol', 12))
    node.meet(far('dave', 13))
    node.pass(1000)
    expect(node.told('alice')).toMatchObject([{ type: 'delta', base: 1, version: 2, added: ['carol', 'dave'], removed: [] }])
    expect(node.told('carol')).toMatchObject([{ type: 'full', version: 2 }])
    node.part('bob')
    node.pass(1000)
    expect(node.told('carol')).toMatchObject([{ type: 'delta', base: 2, version: 3, added: [], removed: ['bob'] }])
    node.lists.met()
    node.pass(1000)
    expect(node.told('dave')).toHaveLength(2)
    expect(node.told('dave')).toEqual([])
  })

  it('stays away from those of version 1', () => {
    const node = setUp()
    node.meet({ ...far('old', 9), version: 1 })
    node.meet(far('alice', 10))
    node.pass(1000)
    expect(node.told('old')).toEqual([])
    expect(node.told('alice')[0]).toMatchObject({ entries: ['old', 'alice'] })
  })

  it('is told whole to who could not be told, and to who lost the thread, but not for ever', () => {
    const node = setUp()
    node.meet(far('alice', 10))
    node.pass(1000)
    node.refuse(true)
    node.meet(far('bob', 11))
    node.pass(1000)
    node.refuse(false)
    node.told('alice')
    node.meet(far('carol', 12))
    node.pass(1000)
    expect(node.told('alice')).toMatchObject([{ type: 'full', version: 3 }])
    for (let turn = 0; turn < 5; turn++) {
      node.lists.onMessage('alice', encode(peerListMessageSchema, { type: 'again' }))
      node.pass(1000)
    }
    expect(node.told('alice')).toMatchObject([{ type: 'full' }])
  })

  it('has 64 peers at most, those connected longest', () => {
    const node = setUp()
    for (let index = 0; index < 100; index++) node.meet(far(`peer${index}`, index))
    node.pass(1000)
    const [list] = node.told('peer99')
    expect(list?.type === 'full' && list.entries).toEqual(Array.from({ length: 64 }, (_, index) => `peer${index}`))
  })
})

describe('what a node hears of others', () => {
  it('leaves what is said of addresses to others', () => {
    const node = setUp()
    node.meet(far('alice', 10))
    expect(node.lists.onMessage('alice', encode(peerListMessageSchema, { type: 'ask' }))).toEqual({ type: 'ask' })
    expect(node.lists.onMessage('alice', full(1, 'bob'))).toBeUndefined()
    expect(node.rejections).toEqual([])
  })

  it('says who is connected to whom only when both say so', () => {
    const node = setUp()
    for (const [index, id] of ['alice', 'bob', 'carol'].entries()) node.meet(far(id, index + 10))
    node.lists.onMessage('alice', full(1, 'bob', 'carol'))
    node.lists.onMessage('bob', full(1, 'alice'))
    expect(node.lists.linked('alice', 'bob')).toBe(true)
    expect(node.lists.linked('alice', 'carol')).toBe(false)
    node.part('bob')
    expect(node.lists.linked('alice', 'bob')).toBe(false)
  })

  it('is asked for again when its base is unknown, and refused when it is nonsense', () => {
    const node = setUp()
    node.meet(far('alice', 10))
    node.lists.onMessage('alice', encode(peerListMessageSchema, { type: 'delta', base: 7, version: 8, added: [], removed: [] }))
    expect(node.told('alice')).toEqual([{ type: 'again' }])
    node.lists.onMessage('alice', Uint8Array.of(9))
    node.lists.onMessage('alice', full(1, 'bob', 'bob'))
    expect(node.rejections).toEqual([expect.stringMatching(/^CODEC/), 'PEER_LIST_INVALID'])
  })
})
