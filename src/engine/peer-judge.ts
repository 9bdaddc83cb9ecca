import type { HostStrike } from '../peers/host-bans.ts'
import { placeOf } from '../peers/network-group.ts'
import type { Offence } from '../peers/peer-ledger.ts'
import { offenceBehind } from '../peers/rejection-offences.ts'
import type { PeerId, Verdict } from '../ports/network.ts'
import { rejections } from '../primitives/error-catalogue.ts'
import type { Rejection } from '../primitives/result.ts'
import type { NodeEvents } from './node-events.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'
import { accessOf, type Reputation } from './reputation.ts'
import type { PeerStanding } from './synod-node.ts'

/** Books what peers do wrong, slows down whom the ledger has doubts about, and parts from those whom it gives up. */
export interface PeerJudge {
  reject(peer: PeerId, rejection: Rejection): void
  /** The same, for a gossiped message: what the network shall do with it. */
  refuse(peer: PeerId, rejection: Rejection): Verdict
  /** The peer broke the transport's own rules. */
  misbehaved(peer: PeerId, what: string): void
  /** Books an offence. `what` names it for the operator, in constant text: nothing that the peer wrote. */
  offend(peer: PeerId, offence: Offence, what: string): void
  /** Something came from an address that nobody answers for. */
  strike(host: string, strike: HostStrike): void
  /** False while the peer's conduct, or the operator, keeps it out. */
  isWelcome(peer: PeerId): boolean
  standing(peer: PeerId): PeerStanding
}

export interface PeerJudgeOptions {
  readonly ports: Ports
  readonly reputation: Reputation
  readonly register: PeerRegister
  readonly events: NodeEvents
}

/** How long nothing is read from a peer in doubt after each of its further offences. */
const throttlePauseMs = 1000

export function createPeerJudge({ ports, reputation, register, events }: PeerJudgeOptions): PeerJudge {
  const { network, telemetry } = ports
  const { ledger, hosts, now, asWallTime } = reputation

  function offend(peer: PeerId, offence: Offence, what: string): void {
    const host = register.of(peer)?.host
    const wasWelcome = ledger.isWelcome(peer, now())
    const decision = ledger.offend(peer, offence, what, now(), accessOf(reputation, peer, host) === 'allow')
    if (decision === 'throttle') network.pause(peer, throttlePauseMs)
    if (decision !== 'ban') return
    if (wasWelcome) onBan(peer, offence, what, host)
    network.disconnect(peer, what)
  }

  function onBan(peer: PeerId, offence: Offence, what: string, host: string | undefined): void {
    telemetry.count('synod_peer_bans_total', 1, { reason: offence })
    const until = asWallTime(ledger.standing(peer, now()).bannedUntil ?? now())
    telemetry.log('info', 'peer banned', { peer, offence, until })
    events.emit({ type: 'ban', target: peer, reason: what, until })
    reputation.changed()
    if (host !== undefined) strike(host, 'identity')
  }

  /** Who is connected from a closed address stays: only the door is closed. */
  function strike(host: string, because: HostStrike): void {
    const { site } = placeOf(host)
    if (!hosts.strike(site, because, now(), register.spares(site))) return
    telemetry.count('synod_peer_bans_total', 1, { reason: 'address' })
    telemetry.log('info', 'address banned', { site, because })
    events.emit({ type: 'ban', target: site, reason: because, until: asWallTime(hosts.bannedUntil(site, now())) })
    reputation.changed()
  }

  function reject(peer: PeerId, rejection: Rejection): void {
    telemetry.count('synod_rejections_total', 1, { code: rejection.code })
    telemetry.log('debug', 'refused what a peer sent', { peer, code: rejection.code, detail: rejection.detail })
    const offence = offenceBehind(rejection.code, rejections[rejection.code].verdict)
    if (offence) offend(peer, offence, rejection.code)
  }

  return {
    reject,
    offend,
    strike,
    refuse(peer, rejection) {
      reject(peer, rejection)
      return rejections[rejection.code].verdict
    },
    misbehaved(peer, what) {
      telemetry.log('debug', 'a peer broke the transport’s rules', { peer, what })
      offend(peer, 'invalid', what)
    },
    isWelcome(peer) {
      const verdict = accessOf(reputation, peer, undefined)
      return verdict === undefined ? ledger.isWelcome(peer, now()) : verdict === 'allow'
    },
    standing(peer) {
      const { score, reasons, bannedUntil } = ledger.standing(peer, now())
      return {
        score: Math.round(score * 10) / 10,
        reasons: reasons.map((reason) => ({ ...reason, at: asWallTime(reason.at) as number })),
        ...(bannedUntil !== undefined && { bannedUntil: asWallTime(bannedUntil) }),
      }
    },
  }
}
