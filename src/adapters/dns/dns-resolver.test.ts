import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { encode } from 'dns-packet'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DnsQuestion } from '../../peers/dns-seeds/dns-answer.ts'
import { readQuery } from '../../peers/seeder/query.ts'
import { contractAnswer, resolverContract } from '../../ports/resolver.contract.ts'
import { createDnsResolver } from './dns-resolver.ts'

/** A name server that does what the name says. */
const socket = createSocket('udp4')
const kinds: Readonly<Record<number, DnsQuestion['kind']>> = { 1: 'A', 28: 'AAAA', 16: 'TXT', 33: 'SRV' }
const rcodes: Readonly<Record<string, number>> = { nxdomain: 3, servfail: 2, refused: 5 }
let server = ''

socket.on('message', (message, from) => {
  const read = readQuery(new Uint8Array(message))
  if (read.kind !== 'query') return
  const { id, name, type } = read.query
  const kind = kinds[type] ?? 'A'
  const answer = contractAnswer({ name, kind })
  if (!answer.ok && answer.failure === 'timeout') return
  if (!answer.ok && answer.failure === 'malformed') return socket.send(message.subarray(0, 5), from.port, from.address)
  const rcode = answer.ok ? 0 : (rcodes[answer.failure] ?? 0)
  const data = answer.ok ? dataOf(answer.records) : []
  const answers = data.map((each) => ({ type: kind, name, ttl: 60, data: each }) as never)
  const questions = [{ type: kind, name }] as never
  socket.send(encode({ type: 'response', id, flags: 0x400 | rcode, questions, answers }), from.port, from.address)
})

function dataOf(records: Extract<ReturnType<typeof contractAnswer>, { ok: true }>['records']): readonly unknown[] {
  if ('addresses' in records) return records.addresses
  if ('services' in records) return records.services
  return records.texts.map((text) => text.match(/.{1,200}/g))
}

beforeAll(async () => {
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  server = `127.0.0.1:${socket.address().port}`
})
afterAll(() => socket.close())

// A reply that is cut off is taken for none, so both end with the time.
const failures = ['nxdomain', 'no-data', 'servfail', 'refused', 'timeout'] as const

resolverContract(
  'a resolver over sockets',
  async () => ({ resolver: createDnsResolver({ server, timeoutMs: 1500 }), settle: (promise) => promise }),
  failures,
)

it('ends in time, and tells a server that is not there', async () => {
  const began = performance.now()
  const answer = await createDnsResolver({ server, timeoutMs: 300 }).ask({ name: 'timeout.seed.test', kind: 'A' })
  expect(answer).toEqual({ ok: false, failure: 'timeout' })
  expect(performance.now() - began).toBeLessThan(5000)
  const nowhere = createDnsResolver({ server: '127.0.0.1:9', timeoutMs: 1000 })
  expect(await nowhere.ask({ name: 'one.seed.test', kind: 'A' })).toEqual({ ok: false, failure: 'unreachable' })
})

it('is named after its server, whose host it knows', () => {
  const named = ['127.0.0.1:5353', '[::1]:5353', '::1', '192.0.2.1'].map((each) =>
    createDnsResolver({ server: each, timeoutMs: 1 }),
  )
  expect(named.map(({ name, host }) => `${name} ${host}`)).toEqual([
    '127.0.0.1:5353 127.0.0.1',
    '[::1]:5353 ::1',
    '::1 ::1',
    '192.0.2.1 192.0.2.1',
  ])
})
