import { describe, expect, it } from 'vitest'
import { type AdmissionLimit, createConnectionGate } from './connection-gate.ts'
import { type ConnectionLimits, defaultConnectionLimits } from './connection-limits.ts'

/** Wide open, but for what a test is about. */
const open: ConnectionLimits = {
  ...defaultConnectionLimits,
  perHost: 1e6,
  perSubnet: 1e6,
  perHostMinute: 1e6,
  handshakes: 1e6,
  handshakesPerHost: 1e6,
}

function gateWith(limits: Partial<ConnectionLimits>, inboundMax = 1e6) {
  const gate = createConnectionGate({ ...open, ...limits }, inboundMax)
  let id = 0
  return {
    gate,
    /** Admits and establishes; the answer is the limit met. */
    come(host: string, now = 0): AdmissionLimit | undefined {
      const arrival = { id: ++id, host }
      const { limit } = gate.admit(arrival, now)
      if (limit === undefined) gate.established(arrival)
      return limit
    },
    knock: (host: string, now = 0, unlimited = false) => gate.admit({ id: ++id, host }, now, unlimited).limit,
    /** By a datagram. */
    claim: (host: string, now = 0) => gate.admit({ id: ++id, host, kind: 'datagram' }, now),
    enter: (host: string, unlimited = false) => gate.admit({ id: ++id, host }, 0, unlimited),
    last: () => id,
  }
}

describe('connection gate', () => {
  it('takes three of an address, on loopback as everywhere', () => {
    for (const host of ['127.0.0.1', '203.0.113.7', '2001:db8::1', 'node1']) {
      const { come } = gateWith({ perHost: 3 })
      expect(Array.from({ length: 4 }, () => come(host))).toEqual([undefined, undefined, undefined, 'address'])
    }
  })

  it('counts an address once, however it is written', () => {
    const { come } = gateWith({ perHost: 2 })
    expect([come('10.0.0.1'), come('::ffff:10.0.0.1'), come('::ffff:a00:1')]).toEqual([undefined, undefined, 'address'])
  })

  it.each([
    ['/24', (index: number) => `203.0.113.${index}`, '203.0.114.1'],
    ['/48', (index: number) => `2001:db8:0:${index}::1`, '2001:db8:1::1'],
  ])('takes ten of a %s', (_, host, elsewhere) => {
    const { come } = gateWith({ perSubnet: 10 })
    const answers = Array.from({ length: 11 }, (_none, index) => come(host(index)))
    expect(answers).toEqual([...Array.from({ length: 10 }, () => undefined), 'subnet'])
    expect(come(elsewhere)).toBeUndefined()
  })

  it('takes so many of an address a minute, and of its whole /64', () => {
    const { come } = gateWith({ perHostMinute: 6 })
    const minute = Array.from({ length: 7 }, (_, index) => come(`2001:db8::${index}`, 1000))
    expect(minute.filter((limit) => limit === 'rate')).toHaveLength(1)
    expect(come('2001:db8::9', 10_999)).toBe('rate')
    expect(come('2001:db8::9', 11_000)).toBeUndefined()
    expect(come('2001:db8:0:1::9', 11_000)).toBeUndefined()
  })

  it('bounds handshakes in all and by address, and frees them when they end or succeed', () => {
    const { gate, knock, last } = gateWith({ handshakes: 5, handshakesPerHost: 2 })
    expect([knock('a'), knock('a'), knock('a')]).toEqual([undefined, undefined, 'address-handshakes'])
    expect([knock('b'), knock('c'), knock('d')]).toEqual([undefined, undefined, undefined])
    expect(gate.handshakes).toBe(5)
    expect(gate.ended(last())).toBe(true)
    expect(knock('e')).toBeUndefined()
    gate.established({ id: last(), host: 'e' })
    expect(gate.handshakes).toBe(4)
    expect(gate.ended(last())).toBe(false)
  })

  it('gives the place of whoever has been in its handshake for longest, of the largest group, to a newcomer', () => {
    const { gate, enter } = gateWith({ handshakes: 4 })
    for (const host of ['10.1.0.1', '10.2.0.1', '10.2.0.2', '10.2.0.3']) expect(enter(host)).toEqual({})
    expect(enter('10.3.0.1')).toEqual({ instead: { id: 2, host: '10.2.0.1' } })
    expect(enter('10.2.0.4')).toEqual({ instead: { id: 3, host: '10.2.0.2' } })
    expect(gate.handshakes).toBe(4)
    expect(gate.ended(2)).toBe(false)
    gate.established({ id: 4, host: '10.2.0.3' })
    expect(enter('10.4.0.1')).toEqual({})
    // All are equal now: a newcomer takes the place of its neighbour.
    expect(enter('10.3.9.9').instead?.host).toBe('10.3.0.1')
  })

  it('cuts nobody whom the operator lets in', () => {
    const { enter } = gateWith({ handshakes: 2 })
    expect([enter('10.1.0.1', true), enter('10.1.0.2', true)]).toEqual([{}, {}])
    expect(enter('10.2.0.1')).toEqual({ limit: 'handshakes' })
    expect(enter('10.2.0.1', true)).toEqual({})
  })

  it('takes four times as many of a subnet a minute as of an address', () => {
    const { come } = gateWith({ perHostMinute: 5 })
    const limits = Array.from({ length: 30 }, (_, index) => come(`203.0.113.${index}`))
    expect(limits.filter((limit) => limit === undefined)).toHaveLength(20)
    expect(limits.at(-1)).toBe('subnet-rate')
    expect(come('203.0.114.1')).toBeUndefined()
  })

  it('is closed to nobody by datagrams in its name', () => {
    const limits = { perHost: 3, perSubnet: 4, perHostMinute: 8, handshakes: 4, handshakesPerHost: 3 }
    const { gate, come, claim, knock, last } = gateWith(limits)
    const claims = Array.from({ length: 300 }, (_, index) => claim(`10.1.0.${index % 9}`).limit)
    expect(claims.filter((limit) => limit === undefined).length).toBeGreaterThanOrEqual(4)
    expect(gate.handshakes).toBeLessThanOrEqual(4)
    for (let count = 0; count < 3; count++) expect(come('10.1.0.1')).toBeUndefined()
    expect(knock('10.1.0.2')).toBeUndefined()
    expect(gate.ended(last())).toBe(true)
  })

  it('counts a datagram as everybody once somebody says hello behind it', () => {
    const { gate, claim, knock } = gateWith({ perHost: 1 })
    expect(claim('10.1.0.1')).toEqual({})
    gate.established({ id: 1, host: '10.1.0.1' })
    expect(gate.handshakes).toBe(0)
    expect(knock('10.1.0.1')).toBe('address')
    expect(claim('10.1.0.1').limit).toBe('address')
    expect(gate.ended(1)).toBe(false)
    expect(knock('10.1.0.1')).toBeUndefined()
  })

  it('when it is full takes only whoever could replace one of a larger group', () => {
    const { gate, come, knock } = gateWith({}, 4)
    for (const host of ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.2.0.1']) expect(come(host)).toBeUndefined()
    expect(knock('10.1.9.9')).toBe('total')
    expect(knock('10.3.0.1')).toBeUndefined()
    expect(gate.handshakes).toBe(1)
  })

  it('lets in whom the operator allows, and counts them', () => {
    const { gate, knock } = gateWith({ perHost: 1, handshakes: 1, perHostMinute: 1 }, 1)
    for (let count = 0; count < 5; count++) expect(knock('10.0.0.1', 0, true)).toBeUndefined()
    expect(knock('10.0.0.2')).toBe('handshakes')
    expect(gate.size).toBe(5)
  })

  it('counts connections that came through no door', () => {
    const { gate, knock } = gateWith({ perHost: 1 })
    gate.established({ id: 900, host: 'a' })
    expect(knock('a')).toBe('address')
    gate.ended(900)
    expect(knock('a')).toBeUndefined()
  })
})
