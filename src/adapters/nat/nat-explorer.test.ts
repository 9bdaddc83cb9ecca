import { afterEach, describe, expect, it } from 'vitest'
import { type StunResponder, type StunView, startStunResponder } from '../../../test/nat/stun-responder.ts'
import type { Endpoint } from '../../peers/nat-behaviour.ts'
import { createSystemClock } from '../system/system-clock.ts'
import { systemEntropy } from '../system/system-entropy.ts'
import { createNatExplorer } from './nat-explorer.ts'
import { encodeStun, type StunMessage } from './stun-message.ts'

const running: StunResponder[] = []
afterEach(() => {
  for (const responder of running.splice(0)) responder.close()
})

const clock = createSystemClock()
const patience = { firstMs: 30, requestsMax: 3, lastWait: 2 }

async function explore(views: readonly StunView[], hosts?: string[]) {
  for (const view of views) running.push(await startStunResponder(view, hosts))
  return createNatExplorer({ servers: running.map(({ name }) => name), clock, entropy: systemEntropy, patience }).explore()
}

const outside = '203.0.113.7'
/** A NAT that gives a local port the same port outside, whoever is on the other side. */
const cone = ({ port }: Endpoint): Endpoint => ({ host: outside, port })
const symmetric = ({ port }: Endpoint, at: Endpoint): Endpoint => ({
  host: outside,
  port: 1 + ((port + at.port * 7 + Number(at.host.at(-1))) % 60_000),
})
const perHost = ({ port }: Endpoint, { host }: Endpoint): Endpoint => ({ host: outside, port: port ^ Number(host.at(-1)) })

describe('behind NATs, as a server sees them', () => {
  it.each<[string, StunView, object]>([
    ['no NAT at all', {}, { type: 'open', mapping: 'none', publicHost: '127.0.0.1' }],
    ['a firewall', { passes: () => false }, { type: 'firewalled' }],
    ['a full cone', { mapped: cone }, { type: 'full-cone', publicHost: outside }],
    ['a restricted cone', { mapped: cone, passes: ({ address }) => !address }, { type: 'restricted' }],
    ['a port-restricted cone', { mapped: cone, passes: () => false }, { type: 'port-restricted' }],
    ['a symmetric NAT', { mapped: symmetric, passes: () => false }, { mapping: 'address-and-port-dependent', type: 'symmetric' }],
    ['one port for each host', { mapped: perHost }, { mapping: 'address-dependent', type: 'symmetric' }],
    ['a server with one address', { mapped: cone, hasOther: false }, { mapping: 'unknown', publicHost: outside }],
  ])('%s', async (_, view, expected) => {
    expect((await explore([view])).ipv4).toMatchObject(expected)
  })

  it('works over IPv6', async () => {
    const { ipv4, ipv6 } = await explore(
      [{ hasOther: false, mapped: ({ port }) => ({ host: '2001:db8::7', port }) }],
      ['::1', '::1'].slice(0, 1),
    )
    expect(ipv4).toBeUndefined()
    expect(ipv6).toMatchObject({ answered: 1, publicHost: '2001:db8::7' })
  })

  it('asks again when a request is lost', async () => {
    expect((await explore([{ deaf: 2, mapped: cone }])).ipv4).toMatchObject({ answered: 1 })
  })
})

describe('servers that lie, or are none', () => {
  const liar: StunView = { mapped: () => ({ host: '6.6.6.6', port: 666 }) }
  const answerOf = (request: StunMessage, changes: Partial<StunMessage>) =>
    encodeStun({ kind: 'success', transactionId: request.transactionId, ...changes })

  it('outvotes one of three', async () => {
    const { ipv4 } = await explore([{ mapped: cone }, liar, { mapped: cone }])
    expect(ipv4).toMatchObject({ publicHost: outside, type: 'full-cone', answered: 3, contradicting: 1 })
  })

  it.each<[string, StunView]>([
    ['garbage', { garbage: () => new Uint8Array(64).fill(0xaa) }],
    [
      'an answer to another request',
      {
        garbage: (request) => answerOf({ ...request, transactionId: new Uint8Array(12) }, { mapped: { host: outside, port: 1 } }),
      },
    ],
    ['an answer without an address', { garbage: (request) => answerOf(request, {}) }],
    ['a refusal', { garbage: (request) => answerOf(request, { kind: 'error', errorCode: 500 }) }],
    ['its answer from another address', { fromElsewhere: true }],
    ['nothing', { deaf: 1000 }],
  ])('takes %s for no answer', async (_, view) => {
    const { ipv4 } = await explore([view, { mapped: cone }])
    expect(ipv4).toMatchObject({ asked: 2, answered: 1, publicHost: outside })
  })

  it.each(['10.0.0.1', '8.8.8.8', '::1'])(
    'sends nothing to %s, which a server on loopback calls its second address',
    async (host) => {
      const garbage = (request: StunMessage) =>
        answerOf(request, { mapped: { host: outside, port: 1 }, other: { host, port: 1 } })
      const { ipv4 } = await explore([{ garbage }])
      expect(ipv4).toMatchObject({ answered: 1, mapping: 'unknown', filtering: 'unknown' })
      expect(running[0]?.requests()).toBe(1)
    },
  )

  it('takes no text for a server that is none', async () => {
    const nowhere = ['', ':', '[::1', '127.0.0.1:0', '127.0.0.1:99999', '[zz]:1']
    expect(await createNatExplorer({ servers: nowhere, clock, entropy: systemEntropy, patience }).explore()).toEqual({})
  })
})
