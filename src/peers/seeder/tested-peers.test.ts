import { describe, expect, it } from 'vitest'
import { decode, encode } from '../../codec/codec.ts'
import { createTestedPeers, testedPeersMax, testedPeersSchema } from './tested-peers.ts'
import { afterTest, isReliable, type Uptime, untested } from './uptime.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const start = 1_800_000_000_000
const pace = { intervalMs: 10 * minuteMs, intervalMaxMs: dayMs }
const address = (index: number, peer = index) =>
  `/ip4/8.${index >> 16}.${(index >> 8) & 255}.${index & 255}/tcp/26600/p2p/12D3KooW${peer}`

/** Tests at an even pace, the newest last. */
function uptimeAfter(pattern: readonly boolean[], everyMs: number, from: Uptime = untested): Uptime {
  return pattern.reduce((uptime, isGood) => afterTest(uptime, isGood, everyMs), from)
}
const times = (count: number, isGood: boolean) => Array<boolean>(count).fill(isGood)

describe('reliability', () => {
  it.each([
    ['nobody has asked', untested, false],
    ['it answered once', uptimeAfter([true], 0), true],
    ['it did not answer', uptimeAfter([false], 0), false],
    ['it answered once of two', uptimeAfter([false, true], 10 * minuteMs), true],
    ['it answered once of three', uptimeAfter([false, true, false], 10 * minuteMs), false],
    ['it answered a day long', uptimeAfter(times(144, true), 10 * minuteMs), true],
    ['it never answered', uptimeAfter(times(144, false), 10 * minuteMs), false],
    [
      'it was away for an hour after a month',
      uptimeAfter(times(6, false), 10 * minuteMs, uptimeAfter(times(4320, true), 10 * minuteMs)),
      true,
    ],
    [
      'it has been away for a month',
      uptimeAfter(times(4320, false), 10 * minuteMs, uptimeAfter(times(4320, true), 10 * minuteMs)),
      false,
    ],
    [
      'it answers every other time',
      uptimeAfter(
        Array.from({ length: 4320 }, (_, index) => index % 2 === 0),
        10 * minuteMs,
      ),
      true,
    ],
    [
      'it answers every fourth time',
      uptimeAfter(
        Array.from({ length: 4320 }, (_, index) => index % 4 === 0),
        10 * minuteMs,
      ),
      false,
    ],
  ])('%s', (_what, uptime, expected) => {
    expect(isReliable(uptime)).toBe(expected)
  })
})

describe('the table', () => {
  it('tests what is new at once, what answers at its pace, and what fails ever less often', () => {
    const peers = createTestedPeers(pace)
    peers.learn([address(1), address(2)], 'a', start)
    expect(peers.untested).toBe(2)
    expect(peers.due(start, 10)).toEqual([address(1), address(2)])
    expect(peers.due(start, 10)).toEqual([])
    peers.tested(address(1), 5, start)
    peers.tested(address(2), undefined, start)
    expect(peers.due(start + pace.intervalMs - 1, 10)).toEqual([])
    expect(peers.due(start + pace.intervalMs, 10)).toEqual([address(1)])
    expect(peers.due(start + 2 * pace.intervalMs, 10)).toEqual([address(2)])
    peers.tested(address(2), undefined, start)
    expect(peers.due(start + 3 * pace.intervalMs, 10)).toEqual([])
    expect(peers.due(start + 4 * pace.intervalMs, 10)).toEqual([address(2)])
  })

  it('tests one address of a peer at a time, and few at once', () => {
    const peers = createTestedPeers(pace)
    peers.learn([address(1, 7), address(2, 7), address(3)], 'a', start)
    expect(peers.due(start, 10)).toEqual([address(1, 7), address(3)])
    peers.tested(address(1, 7), 5, start)
    expect(peers.due(start, 0)).toEqual([])
    expect(peers.due(start, 1)).toEqual([address(2, 7)])
  })

  it('serves who is reliable, knows its id, does not fail now, and is not behind; of each peer one address first', () => {
    const peers = createTestedPeers(pace)
    const bare = '/ip4/8.9.9.9/tcp/26600'
    const all = [address(1), address(2, 1), address(3), address(4), address(5), bare]
    peers.learn(all, 'a', start)
    const heights = [1000, 1000, 1050, 10, undefined, 1000]
    for (const [index, each] of all.entries()) peers.tested(each, heights[index], start)
    expect(peers.good().map((peer) => peer.address)).toEqual([address(1), address(3), address(2, 1)])
    for (const now of [start + 1, start + 2]) peers.tested(address(3), undefined, now)
    expect(peers.good().map((peer) => peer.address)).toEqual([address(1), address(2, 1)])
  })

  it('is not filled by one source, nor by many, and keeps who answered', () => {
    const peers = createTestedPeers(pace)
    peers.learn([address(1)], 'honest', start)
    peers.tested(address(1), 5, start)
    const flood = (from: number) => Array.from({ length: 1000 }, (_, index) => address(from + index))
    peers.learn(flood(1000), 'liar', start)
    peers.learn(flood(5000), 'liar', start)
    expect(peers.size).toBe(257)
    for (let source = 0; source < 30; source++) {
      peers.learn(flood(10_000 + 1000 * source), `liar ${source}`, start)
      for (const each of peers.due(start, testedPeersMax)) peers.tested(each, undefined, start)
    }
    expect(peers.size).toBe(testedPeersMax)
    expect(peers.good().map((peer) => peer.address)).toEqual([address(1)])
  })

  it('forgets who has not answered for a week', () => {
    const peers = createTestedPeers(pace)
    peers.learn([address(1), address(2)], 'a', start)
    peers.tested(address(1), 5, start)
    peers.tested(address(2), undefined, start)
    peers.tested(address(2), undefined, start + 8 * dayMs)
    expect(peers.size).toBe(1)
    peers.tested(address(1), undefined, start + 6 * dayMs)
    expect(peers.size).toBe(1)
    peers.tested(address(1), undefined, start + 8 * dayMs)
    expect(peers.size).toBe(0)
  })

  it('goes on from its record', () => {
    const peers = createTestedPeers(pace)
    peers.learn([address(1), address(2)], 'a', start)
    peers.tested(address(1), 5, start)
    const read = decode(testedPeersSchema, encode(testedPeersSchema, peers.record()))
    const again = createTestedPeers(pace, read.ok ? read.value : undefined)
    expect(again.good()).toEqual(peers.good())
    expect(again.due(start, 10)).toEqual([address(2)])
  })
})
