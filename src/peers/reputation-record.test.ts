import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../crypto/hash.ts'
import { concatBytes } from '../primitives/bytes.ts'
import { parseTarget } from './access-list.ts'
import type { HostBan } from './host-bans.ts'
import { createPeerLedger, type LedgerEntry, type Offence, penalties } from './peer-ledger.ts'
import { absenceMsMax, decodeReputation, encodeReputation, type ReputationContent } from './reputation-record.ts'

const minute = 60_000
const day = 24 * 60 * minute
const nothing: ReputationContent = { peers: [], hosts: [], rules: [] }
const wall = 1_800_000_000_000

function entry(changes: Partial<LedgerEntry> = {}): LedgerEntry {
  return { score: 0, at: 0, bans: 0, lastBanAt: Number.NEGATIVE_INFINITY, bannedUntil: undefined, reasons: [], ...changes }
}

/** What a ban that has `left` ms to run at the time of writing has left after a restart. */
function leftAfter(left: number, wallMovedBy: number): number {
  const banned = entry({ score: -100, at: 1000, bans: 1, lastBanAt: 1000, bannedUntil: 1000 + left })
  const file = encodeReputation({ ...nothing, peers: [['p', banned]] }, { now: 1000, wall })
  const [[, read]] = decodeReputation(file, { now: 5, wall: wall + wallMovedBy })!.peers as [[string, LedgerEntry]]
  return read.bannedUntil! - 5
}

describe('reputation on disk', () => {
  it('is what it was, told by a new clock', () => {
    const peers: ReputationContent['peers'] = [
      ['known', entry({ score: 12.5, at: 400, reasons: [{ what: 'CODEC_TYPE', at: 300, change: -10 }] })],
      ['banned', entry({ score: -100, at: 500, bans: 2, lastBanAt: 500, bannedUntil: 9000 })],
      ['for ever', entry({ score: -70, at: 600, bans: 5, lastBanAt: 600, bannedUntil: Number.POSITIVE_INFINITY })],
    ]
    const hosts: HostBan[] = [{ site: '10.0.0.1', until: 5000, because: 'handshake', count: 2 }]
    const rules = [
      { target: parseTarget('10.0.0.0/8')!, verdict: 'deny', until: 7000, by: 'operator' },
      { target: parseTarget('friend')!, verdict: 'allow', until: Number.POSITIVE_INFINITY, by: 'operator' },
    ] as const
    const file = encodeReputation({ peers, hosts, rules }, { now: 1000, wall })
    expect(decodeReputation(file, { now: 1000, wall })).toEqual({ peers, hosts, rules })
    const later = decodeReputation(file, { now: 0, wall: wall + 200 })!
    expect(later.peers[1]![1].bannedUntil).toBe(7800)
    expect(later.hosts[0]!.until).toBe(3800)
  })

  it('holds no rule of the settings: those are read anew', () => {
    const rules = [{ target: parseTarget('friend')!, verdict: 'allow', until: Number.POSITIVE_INFINITY, by: 'settings' }] as const
    expect(decodeReputation(encodeReputation({ ...nothing, rules }, { now: 0, wall }), { now: 0, wall })).toEqual(nothing)
  })

  it.each([
    ['runs on while the node is down', 10 * minute, 4 * minute, 6 * minute],
    ['is over when its time has passed', 10 * minute, 11 * minute, -minute],
    ['stands still when the clock was set back', 10 * minute, -365 * day, 10 * minute],
    ['loses a day at most to a clock that was set forward', 36 * 60 * minute, 10_000 * day, 36 * 60 * minute - absenceMsMax],
    ['has no end for ever', Number.POSITIVE_INFINITY, 10_000 * day, Number.POSITIVE_INFINITY],
  ])('a ban %s', (_, left, wallMovedBy, expected) => {
    expect(leftAfter(left, wallMovedBy)).toBe(expected)
  })

  it('is refused when a byte is wrong, missing or too many, or when it is of another version', () => {
    const file = encodeReputation({ ...nothing, peers: [['p', entry({ score: -30 })]] }, { now: 0, wall })
    const read = (bytes: Uint8Array) => decodeReputation(bytes, { now: 0, wall })
    expect(read(file)).toBeDefined()
    for (let index = 0; index < file.length; index++) {
      const damaged = file.slice()
      damaged[index]! ^= 1
      expect(read(damaged)).toBeUndefined()
      expect(read(file.slice(0, index))).toBeUndefined()
    }
    expect(read(concatBytes(file, Uint8Array.of(0)))).toBeUndefined()
    const newer = file.slice(0, -8)
    newer[1] = 2
    expect(read(concatBytes(newer, sha256(newer).subarray(0, 8)))).toBeUndefined()
  })

  it('survives whatever happened, ban for ban', () => {
    const offence = fc.constantFrom(...(Object.keys(penalties) as Offence[]))
    const event = fc.record({ peer: fc.constantFrom('a', 'b', 'c', 'd'), offence, after: fc.nat(30 * minute) })
    const property = fc.property(fc.array(event, { maxLength: 50 }), fc.nat(day), (events, away) => {
      const ledger = createPeerLedger()
      let now = 0
      for (const { peer, offence: what, after } of events) {
        now += after
        ledger.offend(peer, what, 'x', now)
      }
      const file = encodeReputation({ ...nothing, peers: ledger.entries(now) }, { now, wall })
      const again = createPeerLedger(decodeReputation(file, { now: 0, wall: wall + away })?.peers)
      for (const peer of ['a', 'b', 'c', 'd']) {
        expect(again.isWelcome(peer, 0)).toBe(ledger.isWelcome(peer, now + away))
        expect(again.score(peer, 0)).toBeCloseTo(ledger.score(peer, now + away), 1)
      }
    })
    fc.assert(property)
  })
})
