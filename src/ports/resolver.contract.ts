/** What every implementation of `Resolver` must do, as tests. Each implementation's own test file calls it with a world of its own. */
import { describe, expect, it } from 'vitest'
import { type DnsAnswer, type DnsQuestion, type DnsRecords, dnsFailures, noAnswer } from '../peers/dns-seeds/dns-answer.ts'
import type { Resolver } from './resolver.ts'

export interface ResolverWorld {
  readonly resolver: Resolver
  /** Lets time pass until the promise settles. */
  settle<T>(promise: Promise<T>): Promise<T>
}

const long = 'x'.repeat(700)
const found: readonly { readonly name: string; readonly records: DnsRecords }[] = [
  { name: 'one.seed.test', records: { kind: 'A', addresses: ['203.0.113.7'] } },
  { name: 'two.seed.test', records: { kind: 'A', addresses: ['203.0.113.7', '198.51.100.2'] } },
  { name: 'six.seed.test', records: { kind: 'AAAA', addresses: ['2001:db8::7'] } },
  {
    name: '_synod._tcp.seed.test',
    records: { kind: 'SRV', services: [{ target: 'one.seed.test', port: 26_600, priority: 1, weight: 2 }] },
  },
  { name: '_dnsaddr.seed.test', records: { kind: 'TXT', texts: ['dnsaddr=/ip4/203.0.113.7/tcp/26600', long] } },
]

/** What the resolver's world must answer: the records above, and for each failure a name that meets it. */
export function contractAnswer({ name, kind }: DnsQuestion): DnsAnswer {
  const failure = dnsFailures.find((each) => name === `${each}.seed.test`)
  if (failure) return noAnswer(failure)
  const entry = found.find((each) => each.name === name)
  if (!entry) return noAnswer('nxdomain')
  return entry.records.kind === kind ? { ok: true, records: entry.records } : noAnswer('no-data')
}

/** @param failures the failures that this world can bring about. */
export function resolverContract(
  name: string,
  makeWorld: () => Promise<ResolverWorld>,
  failures: readonly (typeof dnsFailures)[number][] = dnsFailures,
): void {
  describe(name, () => {
    it.each(found)('finds $records.kind of $name', async (entry) => {
      const { resolver, settle } = await makeWorld()
      const answer = await settle(resolver.ask({ name: entry.name, kind: entry.records.kind }))
      expect(sorted(answer)).toEqual(sorted({ ok: true, records: entry.records }))
    })

    it.each(failures)('tells %s', async (failure) => {
      const { resolver, settle } = await makeWorld()
      expect(await settle(resolver.ask({ name: `${failure}.seed.test`, kind: 'A' }))).toEqual(noAnswer(failure))
    })

    it('tells a name that is not there from one without such a record', async () => {
      const { resolver, settle } = await makeWorld()
      const answers = ['nobody.seed.test', 'one.seed.test'].map((each) => settle(resolver.ask({ name: each, kind: 'SRV' })))
      expect(await Promise.all(answers)).toEqual([noAnswer('nxdomain'), noAnswer('no-data')])
    })

    it.each(['', '.', 'a..test', `${'a'.repeat(64)}.test`, 'a b.test', '\0.test', 'ü.test'])(
      'survives the name %j',
      async (odd) => {
        const { resolver, settle } = await makeWorld()
        expect((await settle(resolver.ask({ name: odd, kind: 'TXT' }))).ok).toBe(false)
      },
    )
  })
}

/** Records come in any order. */
function sorted(answer: DnsAnswer): unknown {
  if (!answer.ok) return answer
  const { records } = answer
  const list = 'addresses' in records ? records.addresses : 'services' in records ? records.services : records.texts
  return [records.kind, ...list.map((each) => JSON.stringify(each)).sort((left, right) => (left < right ? -1 : 1))]
}
