import type { DnsAnswer, DnsQuestion } from '../peers/dns-seeds/dns-answer.ts'

/** One way to ask the domain name system. Nothing it answers is to be believed. */
export interface Resolver {
  /** Names it in the log: the address of its server, or `system`. */
  readonly name: string
  /** IP address of its server: of the system's, the first. */
  readonly host: string
  /** Never rejects; answers within a time of its own, with `timeout` when nobody else does. */
  ask(question: DnsQuestion): Promise<DnsAnswer>
}
