import type { DnsAnswer, DnsQuestion } from '../peers/dns-seeds/dns-answer.ts'
import { listFromTexts } from '../peers/dns-seeds/list-texts.ts'
import { dnsaddrsIn, hostsAt, type SeedRules, targetsOf, usableSeedAddresses } from '../peers/dns-seeds/read-answer.ts'
import { hostQuestions, impossibleQuestion, type SeedKind, seedKinds, seedQuestions } from '../peers/dns-seeds/seed-names.ts'
import { seedListAddressesMax, type VerifiedPeerList } from '../peers/dns-seeds/signed-peer-list.ts'
import type { Resolver } from '../ports/resolver.ts'
import { toBase64url } from '../primitives/base64url.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Rejection, Result } from '../primitives/result.ts'

/** What one seed said through one resolver, of the best kind that gave anything. */
export interface SeedFinding {
  readonly kind: SeedKind
  readonly addresses: readonly string[]
}

export interface SeedInquiry {
  readonly resolver: Resolver
  readonly rules: SeedRules
  /** Checks a signed list; absent where the chain names no keys, and nobody asks for one. */
  readonly verify: ((published: Bytes) => Result<VerifiedPeerList>) | undefined
  readonly onAnswer: (question: DnsQuestion, answer: DnsAnswer) => void
  readonly onRefused: (rejection: Rejection) => void
}

/** Asks a seed for all kinds at once, so that a kind of which nobody answers costs no more than itself, and takes the best. */
export async function askSeed(inquiry: SeedInquiry, seed: string, isCaptive: Promise<boolean>): Promise<SeedFinding | undefined> {
  const kinds = seedKinds.filter((kind) => kind !== 'signed' || inquiry.verify !== undefined)
  const findings = kinds.map(async (kind) => ({ kind, addresses: await find(inquiry, seed, kind) }))
  for (const finding of findings) {
    const { kind, addresses } = await finding
    // What is signed holds whoever passed it on.
    if (addresses.length > 0 && (kind === 'signed' || !(await isCaptive))) return { kind, addresses }
  }
  return undefined
}

/** Whether the resolver has an address for a name that no server can have: then it has one for every name. */
export async function asksCaptive(inquiry: SeedInquiry, chance: Bytes): Promise<boolean> {
  const label = toBase64url(chance).replaceAll(/[-_]/g, '0').toLowerCase()
  const [answer] = await ask(inquiry, [impossibleQuestion(label)])
  return answer?.ok === true
}

async function find(inquiry: SeedInquiry, seed: string, kind: SeedKind): Promise<readonly string[]> {
  const { rules } = inquiry
  const answers = await ask(inquiry, seedQuestions(seed, kind))
  if (kind === 'signed') return listed(inquiry, answers.flatMap(textsOf))
  if (kind === 'dnsaddr')
    return usableSeedAddresses(
      answers.flatMap(textsOf).flatMap((text) => dnsaddrsIn([text])),
      rules,
    )
  if (kind === 'address') return usableSeedAddresses(hostsOf(answers, rules.port), rules)
  return usableSeedAddresses(await serviceHosts(inquiry, answers), rules)
}

function listed({ verify, rules, onRefused }: SeedInquiry, texts: readonly string[]): readonly string[] {
  const published = listFromTexts(texts)
  if (published === undefined || verify === undefined) return []
  const list = published.ok ? verify(published.value) : published
  if (list.ok)
    return usableSeedAddresses(list.value.addresses, rules, { total: seedListAddressesMax, perGroup: seedListAddressesMax })
  onRefused(list.error)
  return []
}

async function serviceHosts(inquiry: SeedInquiry, answers: readonly DnsAnswer[]): Promise<readonly string[]> {
  const services = answers.flatMap((answer) => (answer.ok && 'services' in answer.records ? answer.records.services : []))
  const hosts = targetsOf(services).map(async ({ target, port }) => {
    const name = target.endsWith('.') ? target.slice(0, -1) : target
    return hostsOf(await ask(inquiry, hostQuestions(name)), port)
  })
  return (await Promise.all(hosts)).flat()
}

function ask({ resolver, onAnswer }: SeedInquiry, questions: readonly DnsQuestion[]): Promise<readonly DnsAnswer[]> {
  return Promise.all(
    questions.map(async (question) => {
      const answer = await resolver.ask(question)
      onAnswer(question, answer)
      return answer
    }),
  )
}

function textsOf(answer: DnsAnswer): readonly string[] {
  return answer.ok && 'texts' in answer.records ? answer.records.texts : []
}

function hostsOf(answers: readonly DnsAnswer[], port: number): readonly string[] {
  return answers.flatMap((answer) => (answer.ok ? hostsAt(answer.records, port) : []))
}
