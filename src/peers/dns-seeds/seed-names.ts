import type { DnsQuestion } from './dns-answer.ts'

/** Under which names a seed publishes what, the best kind first. Spec: docs/spec/discovery.md, "Names". */
export const seedNames = {
  signed: (seed: string): string => `_synod-peers.${seed}`,
  dnsaddr: (seed: string): string => `_dnsaddr.${seed}`,
  service: (seed: string): string => `_synod._tcp.${seed}`,
} as const

/** Of what a seed says, in the order of preference. */
export const seedKinds = ['signed', 'dnsaddr', 'srv', 'address'] as const
export type SeedKind = (typeof seedKinds)[number]

export function seedQuestions(seed: string, kind: SeedKind): readonly DnsQuestion[] {
  switch (kind) {
    case 'signed':
      return [{ name: seedNames.signed(seed), kind: 'TXT' }]
    case 'dnsaddr':
      return [{ name: seedNames.dnsaddr(seed), kind: 'TXT' }]
    case 'srv':
      return [{ name: seedNames.service(seed), kind: 'SRV' }]
    case 'address':
      return hostQuestions(seed)
  }
}

export function hostQuestions(name: string): readonly DnsQuestion[] {
  return [
    { name, kind: 'A' },
    { name, kind: 'AAAA' },
  ]
}

/**
 * A name that cannot exist (RFC 6761): a resolver that has addresses for it has some for every name, and says nothing about seeds.
 * @param label unpredictable letters and digits, so that nobody answers for it in particular.
 */
export function impossibleQuestion(label: string): DnsQuestion {
  return { name: `${label}.invalid`, kind: 'A' }
}
