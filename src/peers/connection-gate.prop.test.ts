import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createConnectionGate } from './connection-gate.ts'
import { type ConnectionLimits, defaultConnectionLimits } from './connection-limits.ts'
import { placeOf } from './network-group.ts'

const host = fc.tuple(fc.constantFrom(1, 2), fc.nat(3), fc.nat(5)).map(([a, b, c]) => `10.${a}.${b}.${c}`)
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('arrive' as const), host, wait: fc.nat(3000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('establish' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat() }) },
)
const limits = fc.record({
  perHost: fc.integer({ min: 1, max: 4 }),
  perSubnet: fc.integer({ min: 1, max: 8 }),
  perHostMinute: fc.integer({ min: 1, max: 30 }),
  handshakes: fc.integer({ min: 1, max: 8 }),
  handshakesPerHost: fc.integer({ min: 1, max: 3 }),
})

function countBy<T>(items: readonly T[], key: (item: T) => string): number {
  const groups = Map.groupBy(items, key)
  return Math.max(0, ...[...groups.values()].map(({ length }) => length))
}

it('never exceeds a limit, refuses nobody without one, and forgets who is gone', () => {
  const property = fc.property(limits, fc.array(step, { maxLength: 200 }), (chosen, steps) => {
    const all: ConnectionLimits = { ...defaultConnectionLimits, ...chosen }
    const gate = createConnectionGate(all, 1e6)
    const live: { id: number; host: string; pending: boolean }[] = []
    const arrivals: { host: string; at: number }[] = []
    let now = 0
    steps.forEach((one, id) => {
      if (one.kind === 'arrive') {
        now += one.wait
        const { limit, instead } = gate.admit({ id, host: one.host }, now)
        if (instead !== undefined) {
          expect(live.filter(({ pending }) => pending).length).toBe(all.handshakes)
          const [cut] = live.splice(
            live.findIndex((peer) => peer.id === instead.id),
            1,
          )
          expect(cut).toEqual({ ...instead, pending: true })
        }
        const same = (key: 'host' | 'subnet') => live.filter((peer) => placeOf(peer.host)[key] === placeOf(one.host)[key])
        if (limit === undefined) {
          live.push({ id, host: one.host, pending: true })
          arrivals.push({ host: one.host, at: now })
        }
        if (limit === 'address') expect(same('host').length).toBe(all.perHost)
        if (limit === 'subnet') expect(same('subnet').length).toBe(all.perSubnet)
        expect(limit).not.toBe('handshakes')
        expect(limit).not.toBe('total')
      } else if (live.length > 0) {
        const peer = live[one.which % live.length]!
        if (one.kind === 'establish') {
          gate.established(peer)
          peer.pending = false
        } else {
          expect(gate.ended(peer.id)).toBe(peer.pending)
          live.splice(live.indexOf(peer), 1)
        }
      }
      const pending = live.filter((peer) => peer.pending)
      expect(gate.size).toBe(live.length)
      expect(gate.handshakes).toBe(pending.length)
      expect(pending.length).toBeLessThanOrEqual(all.handshakes)
      expect(countBy(live, (peer) => peer.host)).toBeLessThanOrEqual(all.perHost)
      expect(countBy(live, (peer) => placeOf(peer.host).subnet)).toBeLessThanOrEqual(all.perSubnet)
      expect(countBy(pending, (peer) => peer.host)).toBeLessThanOrEqual(all.handshakesPerHost)
      const lastMinute = arrivals.filter(({ at }) => at > now - 60_000)
      expect(countBy(lastMinute, (arrival) => arrival.host)).toBeLessThanOrEqual(2 * all.perHostMinute)
    })
    for (const { id } of live) gate.ended(id)
    expect([gate.size, gate.handshakes]).toEqual([0, 0])
  })
  fc.assert(property)
})
