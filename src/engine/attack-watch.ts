import { type AttackKind, type AttackNews, createAttackDetector } from '../peers/attack-detector.ts'
import {
  attackOfMisbehaviour,
  attackOfRefusal,
  attackOfRejection,
  attackOfStranger,
  dominantGroup,
} from '../peers/hostile-event.ts'
import { placeOf, reachOf } from '../peers/network-group.ts'
import { offenceBehind } from '../peers/rejection-offences.ts'
import type { Timer } from '../ports/clock.ts'
import type { InboundConnection, PeerId, StrangerFault } from '../ports/network.ts'
import { type RejectionCode, rejections } from '../primitives/error-catalogue.ts'
import type { NodeEvents } from './node-events.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { Ports } from './ports.ts'

/** Tells the operator which attacks are under way: a line when one begins and one when it is over, however many events it has. */
export interface AttackWatch {
  /** A connection was refused at the door, or given up for another. */
  refused(host: string, limit: string): void
  stranger(connection: InboundConnection, fault: StrangerFault): void
  /** The judge, with everything that reaches it noted. */
  watching(judge: PeerJudge): PeerJudge
  /** Those under way. */
  active(): readonly AttackKind[]
  start(): void
  stop(): void
}

const lookEveryMs = 1000

export function createAttackWatch(options: { ports: Ports; events: NodeEvents }): AttackWatch {
  const { ports, events } = options
  const { clock, network, telemetry } = ports
  const detector = createAttackDetector()
  let timer: Timer | undefined

  function note(kind: AttackKind | undefined, source: string, certain = false): void {
    const news = kind && detector.note(kind, source, clock.monotonic(), certain)
    if (news) tell(news)
  }

  /** Nobody forges a signature by accident, and whoever does is out before the second. */
  function noteRejection(peer: PeerId, code: RejectionCode): void {
    note(attackOfRejection(code), peer, offenceBehind(code, rejections[code].verdict) === 'signature')
  }

  function tell({ kind, begins, events: refused, sources, lastedMs }: AttackNews): void {
    telemetry.gauge('synod_attack_active', begins ? 1 : 0, { kind })
    if (begins) telemetry.count('synod_attacks_total', 1, { kind })
    events.emit({ type: 'attack', kind, active: begins, refused, sources })
    if (begins) telemetry.log('warn', 'an attack begins', { kind, refused, sources })
    else telemetry.log('info', 'an attack is over', { kind, refused, sources, seconds: Math.round(lastedMs / 1000) })
  }

  /** A node whose peers are mostly of one network sees what that network shows it. On one's own machine that is how it must be. */
  function lookForDominance(): void {
    for (const direction of ['inbound', 'outbound'] as const) {
      const hosts = network.peers().flatMap((peer) => (peer.direction === direction ? [peer.host] : []))
      const group = dominantGroup(hosts.filter((host) => reachOf(host) === 'world').map((host) => placeOf(host).group))
      if (group !== undefined) note('eclipse', group)
    }
  }

  function look(): void {
    timer = clock.schedule(lookEveryMs, look)
    lookForDominance()
    for (const news of detector.over(clock.monotonic())) tell(news)
  }

  return {
    refused: (host, limit) => note(attackOfRefusal(limit), host),
    stranger: ({ host }, fault) => note(attackOfStranger(fault), host),
    watching: (judge) => ({
      ...judge,
      reject(peer, rejection) {
        noteRejection(peer, rejection.code)
        judge.reject(peer, rejection)
      },
      refuse(peer, rejection) {
        noteRejection(peer, rejection.code)
        return judge.refuse(peer, rejection)
      },
      misbehaved(peer, what) {
        note(attackOfMisbehaviour(what), peer)
        judge.misbehaved(peer, what)
      },
      offend(peer, offence, what) {
        if (offence === 'spam') note('spam', peer)
        judge.offend(peer, offence, what)
      },
    }),
    active: detector.active,
    start: look,
    stop: () => timer?.cancel(),
  }
}
