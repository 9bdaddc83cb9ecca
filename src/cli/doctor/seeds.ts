import { type Finding, failure, ok, warning } from './finding.ts'

/** What one resolver said of one DNS seed. */
export interface SeedAnswer {
  readonly seed: string
  readonly resolver: string
  readonly isCaptive: boolean
  /** Addresses of the best kind of answer; none where nothing usable came. */
  readonly addresses: number
  readonly kind: string | undefined
  /** What went wrong, as the name system names it. */
  readonly failures: readonly string[]
}

/** @param knowsPeers whether peers are configured, so that seeds are not the only way in. */
export function judgeSeeds(answers: readonly SeedAnswer[], knowsPeers: boolean): readonly Finding[] {
  const check = 'dns seeds'
  if (answers.length === 0) {
    return knowsPeers
      ? [ok(check, 'none are configured; peers are')]
      : [
          warning(
            check,
            'none are configured, and no peers either',
            'Set discovery.dns_seeds or p2p.peers, or this node waits to be found.',
          ),
        ]
  }
  const findings = answers.map((answer): Finding => {
    const { seed, resolver, isCaptive, addresses, kind, failures } = answer
    const where = `${seed} through ${resolver}`
    if (addresses > 0) return ok(check, `${where}: ${addresses} addresses (${kind})`)
    if (isCaptive)
      return warning(
        check,
        `${where}: the resolver has an address for every name`,
        'Log in to the network, or set discovery.resolvers.',
      )
    const why = failures.length > 0 ? [...new Set(failures)].join(', ') : 'nothing usable'
    return warning(check, `${where}: ${why}`, 'Check the seed’s name and the resolver, or set discovery.resolvers.')
  })
  if (findings.some(({ level }) => level === 'ok') || knowsPeers) return findings
  return [...findings, failure(check, 'no seed led to a peer, and no peers are configured', 'Set p2p.peers to a node you know.')]
}
