import { describe, expect, it } from 'vitest'
import { createRequestDesk, type RequestLimits } from './request-desk.ts'

function open(limits: Partial<RequestLimits> = {}) {
  const state = { now: 0, overloaded: false }
  const desk = createRequestDesk({
    limits: { perAddressSecond: 10, inFlightPerAddress: 5, inFlight: 8, streamsPerAddress: 2, ...limits },
    isOverloaded: () => state.overloaded,
    now: () => state.now,
  })
  const outcome = (ask: () => () => void) => {
    try {
      return ask()
    } catch (error) {
      const { status, code } = error as { status: number; code: string }
      return `${status} ${code}`
    }
  }
  return {
    state,
    ask: (address: string) => outcome(() => desk.admit(address)),
    listen: (address: string) => outcome(() => desk.admitStream(address)),
  }
}
const ended = (admitted: string | (() => void)) => {
  if (typeof admitted === 'string') throw new Error(admitted)
  admitted()
}

describe('the request desk', () => {
  it('serves an address so many requests a second, two seconds of them at once, and others beside it', () => {
    const { state, ask } = open()
    for (let count = 0; count < 20; count++) ended(ask('60.1.2.3'))
    expect(ask('60.1.2.3')).toBe('429 API_THROTTLED')
    ended(ask('60.1.2.4'))
    state.now = 1000
    for (let count = 0; count < 10; count++) ended(ask('60.1.2.3'))
    expect(ask('60.1.2.3')).toBe('429 API_THROTTLED')
  })

  it('takes a /64 of IPv6 for one address', () => {
    const { ask } = open()
    for (let count = 0; count < 20; count++) ended(ask(`2001:db8::${count}`))
    expect(ask('2001:db8::ffff')).toBe('429 API_THROTTLED')
    ended(ask('2001:db8:0:1::1'))
  })

  it('answers so many at a time, of one address and of all', () => {
    const { ask } = open({ perAddressSecond: 1000 })
    const first = Array.from({ length: 5 }, () => ask('60.1.2.3'))
    expect(ask('60.1.2.3')).toBe('429 API_THROTTLED')
    const second = Array.from({ length: 3 }, () => ask('60.1.2.4'))
    expect(ask('60.1.2.4')).toBe('503 API_BUSY')
    ended(first[0] as () => void)
    ended(first[0] as () => void)
    expect(typeof ask('60.1.2.4')).toBe('function')
    expect(ask('60.1.2.5')).toBe('503 API_BUSY')
    for (const each of [...first, ...second]) ended(each)
    expect(typeof ask('60.1.2.5')).toBe('function')
  })

  it('sends everybody away while the node is overloaded', () => {
    const { state, ask } = open()
    state.overloaded = true
    expect(ask('60.1.2.3')).toBe('503 API_BUSY')
    state.overloaded = false
    ended(ask('60.1.2.3'))
  })

  it('gives an address so many streams, until one ends', () => {
    const { listen } = open()
    const first = listen('60.1.2.3')
    expect([typeof first, typeof listen('60.1.2.3'), listen('60.1.2.3')]).toEqual(['function', 'function', '429 API_THROTTLED'])
    expect(typeof listen('60.1.2.4')).toBe('function')
    ended(first)
    expect(typeof listen('60.1.2.3')).toBe('function')
  })
})
