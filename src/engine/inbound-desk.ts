import { sha256 } from '../crypto/hash.ts'
import { type AdmissionLimit, createConnectionGate } from '../peers/connection-gate.ts'
import type { ConnectionLimits } from '../peers/connection-limits.ts'
import { chooseEviction, type EvictionCandidate } from '../peers/eviction.ts'
import type { HostStrike } from '../peers/host-bans.ts'
import { placeOf } from '../peers/network-group.ts'
import type { InboundVerdict, NetworkHandlers, PeerId, PeerInfo, StrangerFault } from '../ports/network.ts'
import { concatBytes } from '../primitives/bytes.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'
import { accessOf, type Reputation } from './reputation.ts'

/** Decides at the door who may come in, and who has to go when somebody worth more has come. */
export interface InboundDesk {
  readonly handlers: Required<Pick<NetworkHandlers, 'onInbound' | 'onInboundEnded' | 'onStranger'>>
  /** A peer is connected, in either direction. False when it was sent away at once. */
  meet(peer: PeerInfo): boolean
  part(peer: PeerInfo): void
  /** Sends away the inbound peer that is worth least; false when all are worth keeping. */
  partFromLeast(reason: string): boolean
}

export interface InboundDeskOptions {
  readonly ports: Ports
  readonly reputation: Reputation
  readonly register: PeerRegister
  readonly judge: PeerJudge
  readonly limits: ConnectionLimits
  /** Whether stake stands behind the peer. */
  readonly isStaked: (peer: PeerId) => boolean
  /** Whether there is strength left for strangers. */
  readonly isOpen: () => boolean
  readonly onRefused: (host: string, limit: string) => void
}

/** What a fault before the hello tells of the address. Closing a connection is everybody's right: the limits alone answer to that. */
const strikes: Readonly<Record<StrangerFault, HostStrike | undefined>> = {
  'slow handshake': 'handshake',
  'broken handshake': 'handshake',
  'false identity': 'handshake',
  'no hello': 'handshake',
  'no proof': 'handshake',
  'cut handshake': undefined,
}

/** What happens before the encryption says nothing of the address where a datagram is all that came from it. */
const afterEncryption: ReadonlySet<StrangerFault> = new Set(['no hello', 'no proof'])

/**
 * So many peers are let in however strained this node is. A handful is not what strains it, and without peers it can do nothing at all:
 * nodes that start together on a busy machine would turn each other away for as long as it is busy.
 */
const strainedInboundMin = 8

export function createInboundDesk(options: InboundDeskOptions): InboundDesk {
  const { reputation, register, judge, limits, isStaked } = options
  const { entropy, network, telemetry } = options.ports
  const { access, hosts, now } = reputation
  const inboundMax = limits.total - limits.outboundTarget
  const gate = createConnectionGate(limits, inboundMax)
  const secret = entropy.bytes(32)

  function refuse(host: string, limit: AdmissionLimit | 'denied' | 'banned' | 'load'): InboundVerdict {
    options.onRefused(host, limit)
    telemetry.count('synod_connections_refused_total', 1, { limit })
    telemetry.log('debug', 'connection refused', { host, limit })
    return 'refuse'
  }

  const inbound = () => network.peers().filter(({ direction }) => direction === 'inbound')
  const isPrivileged = ({ id, host }: PeerInfo) => accessOf(reputation, id, host) === 'allow' || isStaked(id)

  /** Sends away whoever is worth least when there are too many, if need be the one that has just come. False when it was that one. */
  function makeRoom(newcomer: PeerInfo): boolean {
    const peers = inbound()
    const candidates = peers.map(candidate)
    const common = candidates.filter((one) => !one.protected)
    const tooMany = peers.length > inboundMax || common.length > inboundMax - limits.reserved
    if (!tooMany || (common.length === 0 && isPrivileged(newcomer))) return true
    const leaving = chooseEviction(candidates) ?? newcomer.id
    telemetry.count('synod_connections_refused_total', 1, { limit: 'evicted' })
    network.disconnect(leaving, leaving === newcomer.id ? 'no room for more peers' : 'room for another peer')
    return leaving !== newcomer.id
  }

  function candidate(peer: PeerInfo): EvictionCandidate {
    const { group } = placeOf(peer.host)
    const [a = 0, b = 0, c = 0, d = 0] = sha256(concatBytes(secret, new TextEncoder().encode(group)))
    return {
      id: peer.id,
      group,
      groupRank: ((a * 256 + b) * 256 + c) * 256 + d,
      connectedAt: peer.connectedAt,
      latencyMs: peer.latencyMs,
      ...register.usefulness(peer.id),
      protected: isPrivileged(peer),
      relayed: peer.relayed,
    }
  }

  return {
    handlers: {
      onInbound(connection) {
        const { host } = connection
        const { site } = placeOf(host)
        const rule = access.ofHost(host, now())
        if (rule === 'deny') return refuse(host, 'denied')
        if (rule !== 'allow' && hosts.isBanned(site, now())) return refuse(host, 'banned')
        if (rule !== 'allow' && !options.isOpen() && inbound().length >= strainedInboundMin) return refuse(host, 'load')
        const { limit, instead } = gate.admit(connection, now(), rule === 'allow')
        if (instead !== undefined) {
          refuse(instead.host, 'handshakes')
          network.cut(instead.id, 'its place in the handshake is given to another')
        }
        if (limit === undefined) return 'admit'
        if (limit === 'rate' && connection.kind !== 'datagram') judge.strike(host, 'flood')
        return refuse(host, limit)
      },
      onInboundEnded: ({ id }) => void gate.ended(id),
      onStranger({ host, kind }, fault) {
        const strike = kind === 'datagram' && !afterEncryption.has(fault) ? undefined : strikes[fault]
        if (strike) judge.strike(host, strike)
      },
    },
    meet(peer) {
      if (accessOf(reputation, peer.id, peer.host) === 'deny') {
        network.disconnect(peer.id, 'denied by the operator')
        return false
      }
      if (peer.direction === 'outbound') return true
      gate.established({ id: peer.connectionId, host: peer.host })
      return makeRoom(peer)
    },
    part: (peer) => void gate.ended(peer.connectionId),
    partFromLeast(reason) {
      const leaving = chooseEviction(inbound().map(candidate))
      if (leaving !== undefined) network.disconnect(leaving, reason)
      return leaving !== undefined
    },
  }
}
