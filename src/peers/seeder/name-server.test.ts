import { type Answer, decode, encode, type Packet } from 'dns-packet'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { tokenBucketPolicy } from '../../primitives/token-bucket.ts'
import { listFromTexts } from '../dns-seeds/list-texts.ts'
import { createNameServer, type NameServer } from './name-server.ts'
import { buildZone, type Zone, zoneFile } from './zone.ts'

/** What another's implementation of the protocol makes of the answers. */
const apex = 'seed.example.org'
const peers = Array.from({ length: 40 }, (_, index) => `/ip4/8.8.${index}.1/tcp/26600/p2p/12D3KooW${index}`)
const bytes = new Uint8Array(3000).map((_, index) => index & 255)
const zone: Zone = buildZone({
  apex,
  nameServers: [`ns.${apex}`, 'ns2.example.net'],
  glue: new Map([[`ns.${apex}`, ['9.9.9.9', '2a00:1450::53']]]),
  mailbox: `hostmaster.${apex}`,
  serial: 7,
  ttlSeconds: 60,
  port: 26_600,
  addresses: [...peers, '/ip6/2a00:1450::7/tcp/26600/p2p/12D3KooWsix', '/ip4/8.8.99.1/tcp/443/wss/p2p/12D3KooWweb'],
  signedList: { sequence: 3, bytes },
})
const host = '203.0.113.7'
let server: NameServer

beforeEach(() => {
  server = createNameServer({ queries: tokenBucketPolicy(1000, 1000), amplificationMax: 4 })
  server.serve(zone)
})

const edns: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: 1232,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
}
function query(name: string, type: string, over: Partial<Packet> = {}): Uint8Array {
  return new Uint8Array(encode({ type: 'query', id: 77, questions: [{ name, type } as never], additionals: [edns], ...over }))
}
function ask(message: Uint8Array, transport: 'udp' | 'tcp' = 'udp', from = host, now = 0) {
  const answered = server.answer(message, { host: from, transport }, now)
  return (
    answered && {
      ...decode(Buffer.from(answered.bytes)),
      size: answered.bytes.length,
      outcome: answered.outcome,
      rcode: (answered.bytes[3] as number) & 15,
    }
  )
}
const dataOf = (answer: ReturnType<typeof ask>) => answer?.answers?.map((each) => ('data' in each ? each.data : undefined))

describe('the zone', () => {
  it('has an SOA and name servers at its apex', () => {
    const soa = ask(query(apex, 'SOA'))
    expect(soa).toMatchObject({ id: 77, flag_aa: true, flag_ra: false, flag_tc: false, rcode: 0 })
    expect(dataOf(soa)).toMatchObject([{ mname: `ns.${apex}`, rname: `hostmaster.${apex}`, serial: 7, minimum: 60 }])
    expect(new Set(dataOf(ask(query(apex, 'NS'))))).toEqual(new Set([`ns.${apex}`, 'ns2.example.net']))
    expect(dataOf(ask(query(`ns.${apex}`, 'A')))).toEqual(['9.9.9.9'])
    expect(dataOf(ask(query(`ns.${apex}`, 'AAAA')))).toEqual(['2a00:1450::53'])
  })

  it('has addresses, other ones first each time, as many as fit', () => {
    const first = ask(query(apex, 'A'))
    const second = ask(query(apex, 'A'))
    expect(dataOf(first)?.length).toBeGreaterThan(5)
    expect(first?.flag_tc).toBe(false)
    expect(dataOf(first)?.[0]).not.toBe(dataOf(second)?.[0])
    expect(dataOf(ask(query(apex, 'A'), 'tcp'))).toHaveLength(peers.length)
    expect(dataOf(ask(query(apex, 'AAAA')))).toEqual(['2a00:1450::7'])
  })

  it('has services, whose targets it knows', () => {
    const services = dataOf(ask(query(`_synod._tcp.${apex}`, 'SRV'), 'tcp')) as { port: number; target: string }[]
    expect(services).toHaveLength(16)
    for (const { port, target } of services) {
      expect(port).toBe(26_600)
      expect(dataOf(ask(query(target, 'A')))).toEqual([expect.stringMatching(/^8\.8\.\d+\.1$/)])
    }
  })

  it('has its list in texts, whole by TCP and never by UDP', () => {
    const byTcp = dataOf(ask(query(`_synod-peers.${apex}`, 'TXT'), 'tcp')) as Buffer[][]
    expect(listFromTexts(byTcp.map((strings) => Buffer.concat(strings).toString()))).toEqual({ ok: true, value: bytes })
    expect(ask(query(`_synod-peers.${apex}`, 'TXT'))).toMatchObject({ flag_tc: true, answers: [], outcome: 'truncated' })
    const addresses = dataOf(ask(query(`_dnsaddr.${apex}`, 'TXT'), 'tcp')) as Buffer[][]
    expect(addresses.map(String)).toContain(`dnsaddr=${peers[0]}`)
  })

  it('echoes the question as it was asked, whatever its case', () => {
    expect(ask(query('SeEd.eXample.ORG', 'NS'))?.questions?.[0]?.name).toBe('SeEd.eXample.ORG')
    expect(dataOf(ask(query('SeEd.eXample.ORG', 'NS')))).toHaveLength(2)
  })

  it('is exported as a master file', () => {
    const lines = zoneFile(zone).trim().split('\n')
    expect(lines.slice(0, 3)).toEqual([
      `$ORIGIN ${apex}.`,
      `${apex}. 60 IN SOA ns.${apex}. hostmaster.${apex}. 7 900 300 86400 60`,
      `${apex}. 60 IN NS ns.${apex}.`,
    ])
    expect(lines).toContain(`_dnsaddr.${apex}. 60 IN TXT "dnsaddr=${peers[0]}"`)
    expect(lines.filter((line) => line.includes(' SRV '))[0]).toBe(
      `_synod._tcp.${apex}. 60 IN SRV 0 10 26600 ip4-8-8-0-1.${apex}.`,
    )
    for (const line of lines)
      for (const [, text = ''] of line.matchAll(/"([^"]*)"/g)) expect(text.length).toBeLessThanOrEqual(255)
  })
})

describe('refusals', () => {
  it.each([
    ['a name that is not there', query(`nobody.${apex}`, 'A'), 3, 1],
    ['a type that a name does not have', query(apex, 'CAA'), 0, 1],
    ['a name between two that are', query(`_tcp.${apex}`, 'A'), 0, 1],
    ['ANY', query(apex, 'ANY' as never), 5, 0],
    ['the whole zone', query(apex, 'AXFR'), 5, 0],
    ['another zone', query('example.org', 'A'), 5, 0],
    ['a name that only ends alike', query(`x${apex}`, 'A'), 5, 0],
    ['the root', query('.', 'NS'), 5, 0],
    ['another class', query(apex, 'A', { questions: [{ name: apex, type: 'A', class: 'CH' }] }), 5, 0],
    [
      'two questions',
      query(apex, 'A', {
        questions: [
          { name: apex, type: 'A' },
          { name: apex, type: 'A' },
        ],
      }),
      1,
      0,
    ],
    ['no question', query(apex, 'A', { questions: [] }), 1, 0],
    ['an update', withFlags(query(apex, 'SOA'), 5 << 11), 4, 0],
    ['answers in a question', query(apex, 'A', { answers: [{ type: 'A', name: apex, data: '1.2.3.4' }] }), 1, 0],
    ['a later version of EDNS', query(apex, 'A', { additionals: [{ ...edns, ednsVersion: 1 } as never] }), 0, 0],
  ])('of %s', (_what, message, rcode, authorities) => {
    const answer = ask(message)
    expect(answer).toMatchObject({ rcode })
    expect([answer?.answers?.length ?? 0, answer?.authorities?.length ?? 0]).toEqual([0, authorities])
  })

  it('say BADVERS where the version is meant', () => {
    const answer = ask(query(apex, 'A', { additionals: [{ ...edns, ednsVersion: 1 } as never] }))
    expect(answer?.additionals?.[0]).toMatchObject({ type: 'OPT', extendedRcode: 1 })
  })

  it.each([
    ['an answer, or two servers would talk for ever', withFlags(query(apex, 'A'), 0x8000)],
    ['less than a header', new Uint8Array(11)],
    ['more than a question can be', new Uint8Array(4000)],
  ])('are silent to %s', (_what, message) => {
    expect(ask(message)).toBeUndefined()
  })

  it('before there is a zone', () => {
    server = createNameServer({ queries: tokenBucketPolicy(10, 1000), amplificationMax: 4 })
    expect(ask(query(apex, 'A'))).toMatchObject({ rcode: 5 })
  })
})

describe('who asks too often', () => {
  it('is sent to TCP or told nothing, with all of its network and nobody else', () => {
    server = createNameServer({ queries: tokenBucketPolicy(10, 1000), amplificationMax: 4 })
    server.serve(zone)
    const outcomes = Array.from({ length: 14 }, (_, index) => ask(query(apex, 'A'), 'udp', `203.0.113.${index}`)?.outcome)
    expect(outcomes.slice(0, 10)).toEqual(Array(10).fill('NOERROR'))
    expect(outcomes.slice(10)).toEqual(['limited', undefined, 'limited', undefined])
    expect(ask(query(apex, 'A'), 'udp', '203.0.113.99')).toMatchObject({ flag_tc: true, answers: [] })
    expect(ask(query(apex, 'A'), 'tcp', '203.0.113.99')).toBeUndefined()
    expect(ask(query(apex, 'A'), 'udp', '198.51.100.1')?.outcome).toBe('NOERROR')
    expect(ask(query(apex, 'A'), 'udp', host, 1000)?.outcome).toBe('NOERROR')
  })
})

describe('any bytes', () => {
  const messages = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc
      .tuple(
        fc.constantFrom(apex, `_dnsaddr.${apex}`, `_synod-peers.${apex}`, 'x.org'),
        fc.constantFrom('A', 'AAAA', 'TXT', 'SRV', 'ANY'),
      )
      .map(([name, type]) => query(name, type)),
    fc.tuple(fc.nat(60), fc.nat(255)).map(([at, value]) => {
      const message = query(apex, 'A')
      message[at % message.length] = value
      return message
    }),
  )

  it('get by UDP no more than a few times as much back, and what comes back can be read', () => {
    fc.assert(
      fc.property(messages, (message) => {
        server = createNameServer({ queries: tokenBucketPolicy(1000, 1000), amplificationMax: 4 })
        server.serve(zone)
        const answered = server.answer(message, { host, transport: 'udp' }, 0)
        if (!answered) return
        expect(answered.bytes.length).toBeLessThanOrEqual(4 * message.length)
        expect(answered.bytes.length).toBeLessThanOrEqual(1232)
        expect(decode(Buffer.from(answered.bytes)).type).toBe('response')
      }),
      { numRuns: 2000 },
    )
  })

  it.each([1, 2, 4, 10])('whatever the factor of %d', (amplificationMax) => {
    server = createNameServer({ queries: tokenBucketPolicy(1000, 1000), amplificationMax })
    server.serve(zone)
    for (const type of ['A', 'AAAA', 'NS', 'SOA', 'TXT', 'SRV', 'CAA']) {
      for (const name of [apex, `_dnsaddr.${apex}`, `_synod._tcp.${apex}`, `nobody.${apex}`]) {
        for (const additionals of [[], [edns]]) {
          const message = query(name, type, { additionals })
          expect(ask(message)?.size).toBeLessThanOrEqual(amplificationMax * message.length)
        }
      }
    }
  })
})

function withFlags(message: Uint8Array, flags: number): Uint8Array {
  const changed = message.slice()
  changed[2] = (changed[2] as number) | (flags >> 8)
  return changed
}
