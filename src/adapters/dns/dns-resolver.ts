import { getServers, Resolver as NodeResolver } from 'node:dns/promises'
import { type DnsAnswer, type DnsFailure, type DnsQuestion, type DnsRecords, noAnswer } from '../../peers/dns-seeds/dns-answer.ts'
import type { Resolver } from '../../ports/resolver.ts'

/** The `Resolver` port over Node's resolver, which asks again by TCP what was truncated, and reads no file of hosts. */
export interface DnsResolverOptions {
  /** An IP address, with a port where it is not 53: `192.0.2.53`, `127.0.0.1:5353`, `[2001:db8::53]:5353`. Left out: the system's. */
  readonly server?: string
  /** For one question, all tries together. */
  readonly timeoutMs: number
}

/** The second try waits twice as long as the first, so that both fit. */
const tries = 2
const shares = 3

export function createDnsResolver({ server, timeoutMs }: DnsResolverOptions): Resolver {
  return {
    name: server ?? 'system',
    host: hostOf(server ?? getServers()[0] ?? ''),
    async ask(question) {
      if (!isName(question.name)) return noAnswer('malformed')
      // One for each question: it asks from a port of its own, and remembers nothing.
      const resolver = new NodeResolver({ timeout: Math.max(1, Math.floor(timeoutMs / shares)), tries })
      const timer = setTimeout(() => resolver.cancel(), timeoutMs)
      try {
        if (server !== undefined) resolver.setServers([server])
        const records = await resolve(resolver, question)
        return countOf(records) > 0 ? { ok: true, records } : noAnswer('no-data')
      } catch (error) {
        return failureOf(error)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** `127.0.0.1:5353`, `[::1]:5353`, `::1`. */
function hostOf(server: string): string {
  const [, bracketed, ported] = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+)(?::\d+)?)$/.exec(server) ?? []
  return bracketed ?? ported ?? server
}

/** Labels of letters, digits, hyphens and underscores; whatever else there may be, peers are not found by it. */
function isName(name: string): boolean {
  return name.length <= 253 && /^([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/i.test(name)
}

async function resolve(resolver: NodeResolver, { name, kind }: DnsQuestion): Promise<DnsRecords> {
  if (kind === 'A') return { kind, addresses: await resolver.resolve4(name) }
  if (kind === 'AAAA') return { kind, addresses: await resolver.resolve6(name) }
  if (kind === 'TXT') return { kind, texts: (await resolver.resolveTxt(name)).map((strings) => strings.join('')) }
  const services = await resolver.resolveSrv(name)
  return {
    kind,
    services: services.map(({ name: target, port, priority, weight }) => ({ target, port, priority, weight })),
  }
}

function countOf(records: DnsRecords): number {
  return ('addresses' in records ? records.addresses : 'services' in records ? records.services : records.texts).length
}

const failures: Readonly<Record<string, DnsFailure>> = {
  ENOTFOUND: 'nxdomain',
  ENODATA: 'no-data',
  ESERVFAIL: 'servfail',
  EREFUSED: 'refused',
  ETIMEOUT: 'timeout',
  ECANCELLED: 'timeout',
  ECONNREFUSED: 'unreachable',
}

function failureOf(error: unknown): DnsAnswer {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return noAnswer(failures[code] ?? 'malformed')
}
