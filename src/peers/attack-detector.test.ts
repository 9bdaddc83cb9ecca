import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AttackKind, attackKinds, createAttackDetector, eventsOf, sourcesMax } from './attack-detector.ts'
import { attackOfMisbehaviour, attackOfRefusal, attackOfRejection, attackOfStranger, dominantGroup } from './hostile-event.ts'

describe('attack detector', () => {
  it.each(attackKinds)('%s begins once, with the event that makes it so many, and ends when it has been quiet', (kind) => {
    const detector = createAttackDetector()
    const told = Array.from({ length: 100 }, (_, index) => detector.note(kind, `peer ${index % 4}`, index * 10))
    expect(told.flatMap((news, index) => (news ? [index + 1] : []))).toEqual([eventsOf[kind]])
    expect(detector.active()).toEqual([kind])
    expect(detector.over(30_990)).toEqual([])
    expect(detector.over(30_991)).toEqual([{ kind, begins: false, events: 100, sources: 4, lastedMs: 990 }])
    expect(detector.active()).toEqual([])
    expect(detector.over(99_999)).toEqual([])
  })

  it('begins with one event that is certain', () => {
    const detector = createAttackDetector()
    expect(detector.note('malformed', 'peer', 0, true)).toMatchObject({ begins: true, events: 1 })
    expect(detector.note('malformed', 'peer', 1, true)).toBeUndefined()
  })

  it('does not take accidents for an attack', () => {
    const detector = createAttackDetector()
    for (let minute = 0; minute < 60; minute++) {
      for (let event = 1; event < eventsOf.malformed; event++) {
        expect(detector.note('malformed', 'peer', minute * 60_000)).toBeUndefined()
      }
      detector.over(minute * 60_000 + 50_000)
    }
  })

  it('begins and ends in turn, whatever comes, and remembers a bounded number of sources', () => {
    const step = fc.record({
      kind: fc.constantFrom<AttackKind>('flood', 'bomb', 'spam'),
      waitMs: fc.nat(8000),
      many: fc.nat(400),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const detector = createAttackDetector()
        const active = new Set<AttackKind>()
        let now = 0
        for (const { kind, waitMs, many } of steps) {
          now += waitMs
          for (const news of detector.over(now)) {
            expect(active.delete(news.kind)).toBe(true)
            expect(news.sources).toBeLessThanOrEqual(sourcesMax)
          }
          for (let event = 0; event < many; event++) {
            const news = detector.note(kind, `source ${event}`, now)
            if (!news) continue
            expect(active.has(kind)).toBe(false)
            active.add(kind)
          }
          expect(new Set(detector.active())).toEqual(active)
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe('what an event is part of', () => {
  it.each([
    [attackOfRejection('CODEC_TAG'), 'malformed'],
    [attackOfRejection('SIGNATURE_INVALID'), 'malformed'],
    [attackOfRejection('BATCH_REPLAYED'), 'replay'],
    [attackOfRejection('ROUND_STATE_FLOOD'), 'spam'],
    [attackOfRejection('VOTE_WRONG_HEIGHT'), undefined],
    [attackOfRejection('MEMPOOL_FULL'), undefined],
    [attackOfMisbehaviour('frame of kind 1 with 9000000 bytes, at most 8 are allowed'), 'oversized'],
    [attackOfMisbehaviour('frame of unknown kind 77'), 'malformed'],
    [attackOfMisbehaviour('a payload inflates beyond its limit'), 'bomb'],
    [attackOfMisbehaviour('gossip control flood'), 'spam'],
    [attackOfRefusal('rate'), 'flood'],
    [attackOfRefusal('address-handshakes'), 'flood'],
    [attackOfRefusal('subnet'), 'eclipse'],
    [attackOfRefusal('denied'), undefined],
    [attackOfStranger('slow handshake'), 'slow-loris'],
    [attackOfStranger('cut handshake'), undefined],
  ] as const)('case %#: %s', (kind, expected) => {
    expect(kind).toBe(expected)
  })

  it.each<[readonly string[], string | undefined]>([
    [Array.from({ length: 8 }, () => 'a'), 'a'],
    [['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b'], undefined],
    [['a', 'a', 'a', 'a', 'a', 'b', 'c', 'd'], 'a'],
    [['a', 'a', 'a'], undefined],
  ])('of %j the dominant group is %s', (groups, group) => {
    expect(dominantGroup(groups)).toBe(group)
  })
})
