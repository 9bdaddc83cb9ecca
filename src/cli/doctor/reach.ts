import type { StatusView } from '../../client/views.ts'
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
  if (!report) return warning(check, 'unknown: no STUN server is named', 'Name some in nat.stun_servers, or one with --stun.')
  const { type, asked, answered, contradicting } = report
  const voices = `${answered} of ${asked} STUN servers answered${contradicting > 0 ? `, ${contradicting} of them contradict the rest` : ''}`
  if (type === 'blocked') return warning(check, `unknown: ${voices}`, 'Let UDP out, or name other servers.')
  if (type === 'unknown') return warning(check, `unknown: ${voices}`, 'Name a server that can tell NATs apart (RFC 5780).')
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
  return warning(check, 'unknown', 'Name some STUN servers in nat.stun_servers, or ask while the node runs.')
}

/** @param said what peers that tried have told the running node; undefined where it does not run, or does not say. */
export function judgeReachability(said: Reachability | undefined, inboundPeers: number, acceptsInbound: boolean): Finding {
  const check = 'reachability'
  if (!acceptsInbound) return ok(check, 'the node listens on nothing, on purpose')
  if (said === 'public') return ok(check, 'the node can be reached: peers of several networks have tried')
  if (said === 'private')
    return warning(
      check,
      'peers of several networks tried every public address of the node in vain',
      'Map the p2p port on the router, or let it through the firewall; until then others reach it over relays.',
    )
  // Whoever came may stand in the same network, or have come over a relay.
  if (inboundPeers > 0)
    return ok(check, `${inboundPeers} connections have come in; whether strangers can connect is not known yet`)
  return warning(check, 'unknown: nobody has tried yet', 'Ask again when the node has run for some minutes.')
}

/** @param status what the running node says; undefined where it does not run, or does not say. */
export function judgePortMapping(status: StatusView['portMapping'] | undefined): readonly Finding[] {
  const check = 'port mapping'
  switch (status) {
    case undefined:
    case 'off':
    case 'none':
      return []
    case 'mapped':
      return [ok(check, 'the router forwards the ports')]
    case 'double-nat':
      return [warning(check, 'the router stands behind another NAT', 'Ask the provider for a public address, or rely on relays.')]
    case 'forgetful':
      return [warning(check, 'the router grants mappings and does not keep them', 'Forward the p2p port on the router by hand.')]
    case 'refused':
      return [
        warning(
          check,
          'the router answers and maps nothing',
          'Forward the p2p port on the router by hand, and set nat.upnp to false.',
        ),
      ]
  }
}
