import { createPeerLedger, offenceOf } from '../peers/peer-ledger.ts'
import type { PeerId, Verdict } from '../ports/network.ts'
import { rejections } from '../primitives/error-catalogue.ts'
import type { Rejection } from '../primitives/result.ts'
import type { Ports } from './ports.ts'

/** Books what peers do wrong, and parts from those whom the ledger gives up. */
export interface PeerJudge {
  reject(peer: PeerId, rejection: Rejection): void
  /** The same, for a gossiped message: what the network shall do with it. */
  refuse(peer: PeerId, rejection: Rejection): Verdict
  /** The peer broke the transport's own rules. */
  misbehaved(peer: PeerId, what: string): void
  /** False while the peer's reputation is too bad to connect to it. */
  isWelcome(peer: PeerId): boolean
}

export function createPeerJudge({ clock, network, telemetry }: Ports): PeerJudge {
  const ledger = createPeerLedger()

  function reject(peer: PeerId, rejection: Rejection): void {
    telemetry.count('synod_rejections_total', 1, { code: rejection.code })
    telemetry.log('debug', 'refused what a peer sent', { peer, code: rejection.code, detail: rejection.detail })
    const offence = offenceOf(rejection, rejections[rejection.code].verdict)
    if (offence && ledger.offend(peer, offence, clock.now()) === 'disconnect') network.disconnect(peer, rejection.code)
  }

  return {
    reject,
    refuse(peer, rejection) {
      reject(peer, rejection)
      return rejections[rejection.code].verdict
    },
    misbehaved(peer, what) {
      telemetry.log('debug', 'a peer broke the transport’s rules', { peer, what })
      if (ledger.offend(peer, 'invalid', clock.now()) === 'disconnect') network.disconnect(peer, what)
    },
    isWelcome: (peer) => ledger.isWelcome(peer, clock.now()),
  }
}
