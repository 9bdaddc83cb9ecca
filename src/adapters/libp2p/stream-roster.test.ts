import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createStreamRoster, type RosterPlace, type StreamRoster } from './stream-roster.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

interface Member {
  readonly name: string
  idle: boolean
  closed: boolean
  place: RosterPlace
}

function enter(roster: StreamRoster, name: string, idle = true): Member {
  const member = { name, idle, closed: false } as Member
  member.place = roster.enter({
    isIdle: () => member.idle,
    close() {
      member.closed = true
    },
  })
  return member
}

const closedOf = (members: readonly Member[]) => members.filter(({ closed }) => closed).map(({ name }) => name)

it('closes those that were not used for longest, and none below the number', () => {
  const roster = createStreamRoster({ streamsMax: 3, holdMs: 0 })
  const members = ['a', 'b', 'c'].map((name) => enter(roster, name))
  expect(closedOf(members)).toEqual([])
  members[0]?.place.touch()
  members.push(enter(roster, 'd'), enter(roster, 'e'))
  expect(closedOf(members)).toEqual(['b', 'c'])
})

it('passes over those in use, and comes back to them when they are not', () => {
  const roster = createStreamRoster({ streamsMax: 1, holdMs: 0 })
  const members = ['a', 'b', 'c'].map((name) => enter(roster, name, false))
  expect(closedOf(members)).toEqual([])
  for (const member of members) member.idle = true
  vi.advanceTimersByTime(1_000)
  expect(closedOf(members)).toEqual(['a', 'b'])
})

it('keeps a stream for a while, and looks again by itself', () => {
  const roster = createStreamRoster({ streamsMax: 1, holdMs: 5_000 })
  const members = [enter(roster, 'a'), enter(roster, 'b')]
  vi.advanceTimersByTime(4_900)
  expect(closedOf(members)).toEqual([])
  vi.advanceTimersByTime(5_200)
  expect(closedOf(members)).toEqual(['a'])
})

it('forgets those that have ended', () => {
  const roster = createStreamRoster({ streamsMax: 1, holdMs: 0 })
  const members = [enter(roster, 'a')]
  members[0]?.place.leave()
  members[0]?.place.touch()
  members.push(enter(roster, 'b'))
  expect(closedOf(members)).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})
