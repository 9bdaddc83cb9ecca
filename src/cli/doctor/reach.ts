import type { NatReport, NatType } from '../../peers/nat-behaviour.ts'
import type { Reachability } from '../../peers/own-addresses.ts'
import { type Finding, ok, warning } from './finding.ts'

/** What follows from a kind of network address translation for a node behind it. */
const consequences: Readonly<Record<Exclude<NatType, 'unknown' | 'blocked'>, string>> = {
  open: 'none, and anybody can reach this machine',
  firewalled: 'none, but a firewall lets nobody in unasked',
  'full-cone': 'full cone: a mapped port is open to anybody',
  restricted: 'restricted: direct connections with most peers are possible',
  'port-restricted': 'port-restricted: direct connections with most peers are possible',
  symmetric: 'symmetric: a port of its own for each destination',
}

/** @param report of the address family; undefined where no STUN server is configured. */
export function judgeNatType(report: NatReport | undefined): Finding {
  const check = 'nat type'
  if (!report) return warning(check, 'unknown: no STUN server was named', 'Name one with --stun.')
  const { type, asked, answered, contradicting } = report
  const voices = `${answered} of ${asked} STUN servers answered${contradicting > 0 ? `, ${contradicting} of them contradict the rest` : ''}`
  if (type === 'blocked') return warning(check, `unknown: ${voices}`, 'Let UDP out, or name other servers with --stun.')
  if (type === 'unknown')
    return warning(check, `unknown: ${voices}`, 'Name a server that can tell NATs apart (RFC 5780) with --stun.')
  const found = `${consequences[type]} (${voices})`
  if (type === 'firewalled') return warning(check, found, 'Let the p2p port in, or others reach this node through relays only.')
  if (type === 'symmetric')
    return warning(check, found, 'Map the p2p port on the router, or others reach this node through relays only.')
  return ok(check, found)
}

export function judgePublicAddress(report: NatReport | undefined, announced: readonly string[]): Finding {
  const check = 'public address'
  if (report?.publicHost !== undefined) return ok(check, report.publicHost)
  if (announced.length > 0) return ok(check, `the node announces ${announced.join(', ')}`)
  return warning(check, 'unknown', 'Name a STUN server with --stun, or ask while the node runs.')
}

/** @param said what peers that tried have told the running node; undefined where it does not run, or does not say. */
export function judgeReachability(said: Reachability | undefined, inboundPeers: number, acceptsInbound: boolean): Finding {
  const check = 'reachability'
  if (!acceptsInbound) return ok(check, 'the node listens on nothing, on purpose')
  if (inboundPeers > 0 || said === 'public') {
    const proof = inboundPeers > 0 ? `${inboundPeers} peers have connected to it` : 'peers tried an address of it'
    return ok(check, `the node can be reached: ${proof}`)
  }
  if (said === 'private')
    return warning(
      check,
      'peers tried every address of the node in vain',
      'Map the p2p port on the router, or let it through the firewall.',
    )
  return warning(check, 'unknown: nobody has tried yet', 'Ask again when the node has run for some minutes.')
}
