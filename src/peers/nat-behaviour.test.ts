import { describe, expect, it } from 'vitest'
import { judgeNat, type NatObservation, natTypeOf } from './nat-behaviour.ts'

const mapped = { host: '8.8.4.4', port: 40_000 }
const lie = { host: '6.6.6.6', port: 6 }

function seen(server: number, changes: Partial<NatObservation> = {}): NatObservation {
  return {
    server: { host: `9.9.9.${server}`, port: 3478 },
    mapped,
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    ...changes,
  }
}

const silent = (server: number): NatObservation => ({
  server: { host: `9.9.9.${server}`, port: 3478 },
  mapping: 'unknown',
  filtering: 'unknown',
})
const untested = { mapping: 'unknown', filtering: 'unknown' } as const

describe('what several STUN servers show', () => {
  it.each([
    ['all agree', [seen(1), seen(2), seen(3)], { type: 'port-restricted', publicHost: '8.8.4.4', contradicting: 0 }],
    [
      'one lies about the address and about everything else',
      [seen(1), seen(2), seen(3, { mapped: lie, mapping: 'address-dependent', filtering: 'endpoint-independent' })],
      { type: 'port-restricted', publicHost: '8.8.4.4', contradicting: 1 },
    ],
    [
      'one lies about the mapping alone',
      [seen(1), seen(2), seen(3, { mapping: 'address-dependent' })],
      { type: 'port-restricted', mapping: 'endpoint-independent' },
    ],
    [
      'one lets nothing pass, to make the NAT look closed',
      [seen(1, { filtering: 'endpoint-independent' }), seen(2)],
      { type: 'full-cone' },
    ],
    [
      'two contradict each other',
      [seen(1), seen(2, { mapped: lie })],
      { publicHost: undefined, type: 'unknown', contradicting: 2 },
    ],
    ['one answers and others are silent', [silent(1), seen(2), silent(3)], { type: 'port-restricted', asked: 3, answered: 1 }],
    ['nobody answers', [silent(1), silent(2)], { type: 'blocked', publicHost: undefined, answered: 0 }],
    [
      'servers without a second address see one endpoint',
      [seen(1, untested), seen(2, untested)],
      { mapping: 'endpoint-independent', filtering: 'unknown', type: 'unknown' },
    ],
    [
      'servers without a second address see different ports',
      [seen(1, untested), seen(2, { ...untested, mapped: { ...mapped, port: 7 } })],
      { mapping: 'address-dependent', type: 'symmetric' },
    ],
    [
      'one address asked twice shows nothing of mapping',
      [seen(1, untested), seen(1, { ...untested, mapped: { ...mapped, port: 7 } })],
      { mapping: 'unknown', type: 'unknown' },
    ],
  ] as const)('%s', (_, observations, expected) => {
    expect(judgeNat(observations, [{ host: '192.168.1.7', port: 5000 }])).toMatchObject(expected)
  })

  it('knows its own address when it is seen outside', () => {
    const open = [seen(1, { filtering: 'endpoint-independent' }), seen(2, { filtering: 'endpoint-independent' })]
    expect(judgeNat(open, [mapped])).toMatchObject({ type: 'open', mapping: 'none' })
    expect(judgeNat([seen(1), seen(2)], [mapped])).toMatchObject({ type: 'firewalled' })
    expect(judgeNat(open, [{ ...mapped, port: 1 }])).toMatchObject({ type: 'full-cone' })
  })
})

describe('the old names', () => {
  it.each([
    ['endpoint-independent', 'endpoint-independent', 'full-cone'],
    ['endpoint-independent', 'address-dependent', 'restricted'],
    ['endpoint-independent', 'address-and-port-dependent', 'port-restricted'],
    ['address-dependent', 'endpoint-independent', 'symmetric'],
    ['address-and-port-dependent', 'address-and-port-dependent', 'symmetric'],
    ['none', 'endpoint-independent', 'open'],
    ['none', 'address-and-port-dependent', 'firewalled'],
    ['unknown', 'endpoint-independent', 'unknown'],
    ['endpoint-independent', 'unknown', 'unknown'],
  ] as const)('%s mapping, %s filtering: %s', (mapping, filtering, type) => expect(natTypeOf(mapping, filtering)).toBe(type))
})
