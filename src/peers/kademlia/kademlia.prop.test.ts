import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Contact, closestMax, contactOf } from './contact.ts'
import { readFound } from './dht-message.ts'
import { compareDistance, placeBits, placeOfPeer, placeSharing, sharedBits } from './distance.ts'
import { createLookup, lookupBounds } from './lookup.ts'
import { createRoutingTable, tableBounds } from './routing-table.ts'
import { decodeContacts, encodeContacts } from './table-file.ts'

const place = fc.uint8Array({ minLength: 32, maxLength: 32 })
const number = fc.nat({ max: 100_000 })
/** Somewhere in one of so many /16 groups. */
const contactIn = (groups: number) =>
  fc
    .tuple(number, fc.nat({ max: groups - 1 }), fc.nat({ max: 255 }))
    .map(([id, group, host]) => contactOf(`peer${id}`, [`/ip4/60.${group}.${host}.1/tcp/26600`]))
const spread = (id: number) => contactOf(`peer${id}`, [`/ip4/${60 + (id >> 8)}.${id & 255}.0.1/tcp/26600`])

describe('distance', () => {
  it('is 0 to oneself alone, the same both ways, and obeys the triangle of exclusive or', () => {
    fc.assert(
      fc.property(place, place, place, (target, left, right) => {
        expect(Math.sign(compareDistance(target, left, right))).toBe(-Math.sign(compareDistance(target, right, left)))
        expect(compareDistance(target, target, left) <= 0).toBe(true)
        expect(sharedBits(left, right)).toBe(sharedBits(right, left))
        // Who shares more bits with the target is closer to it.
        if (sharedBits(target, left) > sharedBits(target, right)) expect(compareDistance(target, left, right)).toBeLessThan(0)
      }),
    )
  })

  it('places within a bucket share exactly so many bits', () => {
    fc.assert(
      fc.property(place, fc.nat({ max: placeBits - 1 }), place, (self, bits, chance) => {
        expect(sharedBits(self, placeSharing(self, bits, chance))).toBe(bits)
      }),
    )
  })
})

describe('the routing table', () => {
  const steps = fc.array(
    fc.oneof(
      contactIn(4).map((contact) => ({ kind: 'heard' as const, contact })),
      contactIn(4000).map((contact) => ({ kind: 'heard' as const, contact })),
      number.map((id) => ({ kind: 'failed' as const, peer: `peer${id}` })),
    ),
    { maxLength: 400 },
  )

  it('holds nobody twice, no bucket too many, and no group more than its share, whatever happens', () => {
    const self = placeOfPeer('self')
    fc.assert(
      fc.property(steps, (happenings) => {
        const table = createRoutingTable(self)
        for (const [now, step] of happenings.entries()) {
          if (step.kind === 'heard') table.heard(step.contact, now)
          else table.failed(step.peer)
        }
        const contacts = table.contacts()
        expect(new Set(contacts.map(({ peer }) => peer)).size).toBe(table.size)
        for (const [, inBucket] of Map.groupBy(contacts, (contact) => sharedBits(self, contact.place))) {
          expect(inBucket.length).toBeLessThanOrEqual(tableBounds.perBucket)
          for (const [, ofGroup] of Map.groupBy(inBucket, ({ group }) => group))
            expect(ofGroup.length).toBeLessThanOrEqual(tableBounds.perGroupInBucket)
        }
        for (const [, ofGroup] of Map.groupBy(contacts, ({ group }) => group))
          expect(ofGroup.length).toBeLessThanOrEqual(tableBounds.perGroup)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps who answers: a newcomer to a full bucket waits until the one least heard of fails', () => {
    const self = placeOfPeer('self')
    const table = createRoutingTable(self)
    const far = Array.from({ length: 400 }, (_, id) => spread(id)).filter((contact) => sharedBits(self, contact.place) === 0)
    const [first, second] = far
    for (const contact of far.slice(0, closestMax)) expect(table.heard(contact, 1).outcome).toBe('added')
    const newcomer = far[closestMax]!
    expect(table.heard(newcomer, 2)).toMatchObject({ outcome: 'waiting', doubted: { peer: first!.peer } })
    // While one is asked, nobody else is.
    expect(table.heard(far[closestMax + 1]!, 2)).toEqual({ outcome: 'waiting' })
    table.heard(first!, 3)
    expect(table.has(first!.peer)).toBe(true)
    expect(table.heard(newcomer, 4)).toMatchObject({ doubted: { peer: second!.peer } })
    expect(table.failed(second!.peer)).toBe(true)
    expect([table.has(second!.peer), table.has(newcomer.peer)]).toEqual([false, true])
  })

  it('is the same when it is read again, and a damaged file is none', () => {
    const contacts = Array.from({ length: 30 }, (_, id) => spread(id))
    const file = encodeContacts(contacts)
    expect(decodeContacts(file)).toEqual(contacts)
    fc.assert(
      fc.property(fc.nat({ max: file.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = file.slice()
        damaged[at] = (damaged[at] as number) ^ flip
        expect(decodeContacts(damaged)).toBeUndefined()
        expect(decodeContacts(file.subarray(0, at))).toBeUndefined()
      }),
    )
  })
})

describe('a lookup', () => {
  const nodes = Array.from({ length: 120 }, (_, id) => spread(id))
  const nearest = (target: Uint8Array, of: readonly Contact[], count: number) =>
    of.toSorted((left, right) => compareDistance(target, left.place, right.place)).slice(0, count)
  /** Each node knows 40 others, as luck has it, and the ten nearest to itself. */
  const known = new Map(
    nodes.map((node, index) => [
      node.peer,
      [...nearest(node.place, nodes, 11).slice(1), ...nodes.filter((_, other) => (other * 7 + index * 13) % 3 === 0)],
    ]),
  )

  function run(target: Uint8Array, start: readonly Contact[], answer: (contact: Contact) => readonly Contact[] | undefined) {
    const lookup = createLookup({ target, self: 'self', start })
    for (let rounds = 0; !lookup.done && rounds < 1000; rounds++) {
      for (const contact of lookup.next()) {
        const closer = answer(contact)
        if (closer) lookup.answered(contact.peer, closer)
        else lookup.failed(contact.peer)
      }
    }
    return lookup
  }

  it('ends with the nearest there are, from anywhere, though a fifth does not answer', () => {
    fc.assert(
      fc.property(place, fc.nat({ max: 119 }), (target, from) => {
        const isDown = ({ peer }: Contact) => peer.endsWith('7') || peer.endsWith('3')
        const lookup = run(target, known.get(nodes[from]!.peer)!.slice(0, 20), (contact) =>
          isDown(contact) ? undefined : nearest(target, known.get(contact.peer)!, closestMax),
        )
        expect(lookup.done).toBe(true)
        const up = nodes.filter((node) => !isDown(node))
        expect(lookup.closest().slice(0, 8)).toEqual(nearest(target, up, 8))
      }),
      { numRuns: 40 },
    )
  })

  it('is over after so many questions, and reaches honest nodes, when a third lies about ever nearer ones', () => {
    let invented = 0
    fc.assert(
      fc.property(place, (target) => {
        const isLiar = ({ peer }: Contact) => Number(peer.slice(4)) % 3 === 0 || peer.startsWith('sybil')
        const sybils = () => Array.from({ length: 20 }, () => contactOf(`sybil${invented++}`, ['/ip4/60.1.1.1/tcp/26600']))
        const lookup = run(target, nodes.slice(0, 20), (contact) => {
          if (contact.peer.startsWith('sybil')) return undefined
          return isLiar(contact) ? nearest(target, sybils(), 20) : nearest(target, known.get(contact.peer)!, closestMax)
        })
        expect(lookup.done).toBe(true)
        expect(lookup.asked).toBeLessThanOrEqual(lookupBounds.asks)
        const [best] = nearest(
          target,
          nodes.filter((node) => !isLiar(node)),
          1,
        )
        expect(lookup.closest().map(({ peer }) => peer)).toContain(best!.peer)
      }),
      { numRuns: 30 },
    )
  })

  it('of a peer ends when that peer has answered itself, and not when somebody says so', () => {
    const sought = nodes[77]!
    const lookup = createLookup({ target: sought.place, self: 'self', start: nodes.slice(0, 3), until: sought.peer })
    const [first] = lookup.next()
    lookup.answered(first!.peer, [sought])
    expect(lookup.done).toBe(false)
    expect(lookup.next().map(({ peer }) => peer)).toContain(sought.peer)
    lookup.answered(sought.peer, [])
    expect([lookup.done, lookup.closest()[0]?.peer]).toEqual([true, sought.peer])
  })

  it('of a peer that is known asks it alone, and the others when it is slow or does not answer', () => {
    const sought = nodes[77]!
    for (const end of ['slow', 'failed'] as const) {
      const lookup = createLookup({
        target: sought.place,
        self: 'self',
        start: [...nodes.slice(0, 9), sought],
        until: sought.peer,
      })
      expect(lookup.next()).toEqual([sought])
      expect(lookup.next()).toEqual([])
      lookup[end](sought.peer)
      expect(lookup.next()).toHaveLength(lookupBounds.paths)
    }
  })

  it('takes answers only from whom it asked, and each once', () => {
    const lookup = createLookup({ target: placeOfPeer('x'), self: 'self', start: nodes.slice(0, 3) })
    lookup.answered('stranger', nodes)
    lookup.answered(nodes[0]!.peer, nodes)
    expect(lookup.closest()).toEqual([])
  })
})

describe('an answer', () => {
  const target = placeOfPeer('target')
  const asked = { target, asker: 'asker', answerer: 'answerer' }
  const sorted = (contacts: readonly Contact[]) =>
    contacts.toSorted((left, right) => compareDistance(target, left.place, right.place))
  const honest = sorted(Array.from({ length: 20 }, (_, id) => spread(id)))
  const peersOf = (contacts: readonly Contact[]) => contacts.map(({ peer, addresses }) => ({ peer, addresses }))

  it('of an honest node is believed as it stands', () => {
    expect(readFound({ peers: peersOf(honest) }, asked)).toEqual({ ok: true, value: honest })
  })

  const nonsense: readonly [what: string, peers: readonly { peer: string; addresses: readonly string[] }[]][] = [
    ['names somebody twice', peersOf([...honest.slice(0, 3), honest[2]!])],
    ['is in no order', peersOf(honest.toReversed())],
    ['names the asker', [{ peer: 'asker', addresses: ['/ip4/60.1.1.1/tcp/26600'] }]],
    ['names the answerer', [{ peer: 'answerer', addresses: ['/ip4/60.1.1.1/tcp/26600'] }]],
    ['names no peer id', [{ peer: 'a b', addresses: ['/ip4/60.1.1.1/tcp/26600'] }]],
    ['has no port', [{ peer: 'a', addresses: ['/ip4/60.1.1.1/tcp/0'] }]],
    ['has the port of another service', [{ peer: 'a', addresses: ['/ip4/60.1.1.1/tcp/22'] }]],
    ['leads to nobody', [{ peer: 'a', addresses: ['/ip4/255.255.255.255/tcp/26600'] }]],
    ['leads to a name', [{ peer: 'a', addresses: ['/dns4/victim.example.org/tcp/26600'] }]],
    ['leads over a relay', [{ peer: 'a', addresses: ['/ip4/60.1.1.1/tcp/26600/p2p/12D3KooWRelay/p2p-circuit'] }]],
    [
      'is of one provider',
      peersOf(sorted(Array.from({ length: 11 }, (_, id) => contactOf(`p${id}`, [`/ip4/60.1.${id}.1/tcp/26600`])))),
    ],
  ]

  it.each(nonsense)('that %s is nonsense', (_, peers) => {
    expect(readFound({ peers }, asked)).toMatchObject({ ok: false, error: { code: 'DHT_ANSWER_INVALID' } })
  })
})
