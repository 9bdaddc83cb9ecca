/** What is asked of the domain name system, and what it can say, in the few forms that finding peers takes. */
export type DnsKind = 'A' | 'AAAA' | 'SRV' | 'TXT'

export interface DnsQuestion {
  /** Fully qualified, without the dot at its end. */
  readonly name: string
  readonly kind: DnsKind
}

/** RFC 2782. */
export interface ServiceRecord {
  readonly target: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** Nobody has checked any of it: it is what a stranger's server said. */
export type DnsRecords =
  | { readonly kind: 'A' | 'AAAA'; readonly addresses: readonly string[] }
  | { readonly kind: 'SRV'; readonly services: readonly ServiceRecord[] }
  /** The strings of each record, joined. */
  | { readonly kind: 'TXT'; readonly texts: readonly string[] }

/**
 * Why there is no answer: the name does not exist, it has no record of this kind, the server failed or refused, nobody answered in time,
 * nobody is there, or what came is no answer.
 */
export const dnsFailures = ['nxdomain', 'no-data', 'servfail', 'refused', 'timeout', 'unreachable', 'malformed'] as const
export type DnsFailure = (typeof dnsFailures)[number]

export type DnsAnswer = { readonly ok: true; readonly records: DnsRecords } | { readonly ok: false; readonly failure: DnsFailure }

export const noAnswer = (failure: DnsFailure): DnsAnswer => ({ ok: false, failure })
