import { type AccessVerdict, accessRulesMax, type Target } from '../peers/access-list.ts'
import type { HostStrike } from '../peers/host-bans.ts'
import { contains, formatBlock, parseIp, placeOf } from '../peers/network-group.ts'
import type { PeerId } from '../ports/network.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import type { NodeEvents } from './node-events.ts'
import type { Ports } from './ports.ts'
import { accessOf, type Reputation, targetOf } from './reputation.ts'
import type { BanStatus, OperatorDesk } from './synod-node.ts'

export function createOperatorDesk(options: { ports: Ports; reputation: Reputation; events: NodeEvents }): OperatorDesk {
  const { reputation, events } = options
  const { network, telemetry } = options.ports
  const { access, ledger, hosts, now, asWallTime } = reputation

  function rule(text: string, verdict: AccessVerdict, until: number): Target {
    const target = targetOf(text)
    if (!access.set(target, { verdict, until, by: 'operator' })) {
      throw new OperationalError('ACCESS_LIST_FULL', `The list of allowed and denied peers has ${accessRulesMax} entries.`)
    }
    reputation.changed()
    return target
  }

  function keepOut(text: string, forMs: number, message: string): void {
    const target = rule(text, 'deny', now() + forMs)
    const until = asWallTime(now() + forMs)
    telemetry.log('info', message, { target: target.text, until })
    telemetry.count('synod_peer_bans_total', 1, { reason: 'operator' })
    events.emit({ type: 'ban', target: target.text, reason: 'by the operator', until })
    for (const { id, host } of network.peers()) {
      if (covers(target, id, host) && accessOf(reputation, id, host) === 'deny') network.disconnect(id, 'banned by the operator')
    }
  }

  function pardon(target: Target): boolean {
    const denied = access.remove(target, 'deny')
    if (target.kind === 'peer') return ledger.pardon(target.text, now()) || denied
    const site = target.kind === 'address' ? placeOf(target.text).site : formatBlock(target.block)
    return hosts.pardon(site, now()) || denied
  }

  return {
    ban: (text, forMs = Number.POSITIVE_INFINITY) => keepOut(text, forMs, 'operator banned'),
    deny: (text) => keepOut(text, Number.POSITIVE_INFINITY, 'operator denied'),
    unban(text) {
      const target = targetOf(text)
      const lifted = pardon(target)
      if (lifted) telemetry.log('info', 'operator lifted the ban', { target: target.text })
      reputation.changed()
      return lifted
    },
    allow(text) {
      const target = rule(text, 'allow', Number.POSITIVE_INFINITY)
      pardon(target)
      telemetry.log('info', 'operator allowed', { target: target.text })
    },
    disallow(text) {
      const target = targetOf(text)
      const was = access.remove(target, 'allow')
      if (was) telemetry.log('info', 'operator no longer allows', { target: target.text })
      reputation.changed()
      return was
    },
    disconnect(peer, reason) {
      if (!network.peers().some(({ id }) => id === peer)) return false
      telemetry.log('info', 'operator disconnected', { peer })
      network.disconnect(peer, reason)
      return true
    },
    bans: () => bansOf(reputation),
    allowed: () => access.entries(now()).flatMap(({ target, verdict }) => (verdict === 'allow' ? [target.text] : [])),
  }
}

function bansOf({ access, ledger, hosts, now, asWallTime }: Reputation): readonly BanStatus[] {
  const ruled = access
    .entries(now())
    .filter(({ verdict }) => verdict === 'deny')
    .map(({ target, until, by }): BanStatus => {
      const reason = by === 'operator' ? 'by the operator' : 'by the settings'
      return { target: target.text, kind: target.kind, until: asWallTime(until), by, reason }
    })
  const peers = ledger.bans(now()).map(([peer, { bannedUntil = 0, reasons }]): BanStatus => {
    return { target: peer, kind: 'peer', until: asWallTime(bannedUntil), by: 'conduct', reason: reasons.at(-1)?.what ?? '' }
  })
  const addresses = hosts.bans(now()).map(({ site, until, because }): BanStatus => {
    return {
      target: site,
      kind: site.includes('/') ? 'block' : 'address',
      until: asWallTime(until),
      by: 'conduct',
      reason: hostReasons[because],
    }
  })
  return [...ruled, ...peers, ...addresses]
}

const hostReasons: Readonly<Record<HostStrike, string>> = {
  identity: 'several banned peers',
  handshake: 'many handshakes that led nowhere',
  flood: 'a flood of connections',
}

function covers(target: Target, peer: PeerId, host: string): boolean {
  if (target.kind === 'peer') return target.text === peer
  const address = parseIp(host)
  return address !== undefined && contains(target.block, address)
}
