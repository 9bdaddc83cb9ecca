import { decode, encode } from '../codec/codec.ts'
import { placeOf } from '../peers/network-group.ts'
import { reachAnswerSchema, reachRequestSchema } from '../peers/reach-message.ts'
import { createReachAdmission, reachTargetOf } from '../peers/reach-service.ts'
import { refusal, refusalUntil } from '../peers/refusal.ts'
import type { PeerId } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Handshake } from './handshake.ts'
import type { Ports } from './ports.ts'
import { requestRejected } from './request-rejection.ts'

/** Answers peers that ask whether they can be reached, by trying it. Spec: docs/spec/network.md, "Reachability". */
export interface ReachServer {
  serve(peer: PeerId, request: Bytes): AsyncGenerator<Bytes>
}

const dialTimeoutMs = 5000
/** Dials for others under way at one time. */
const dialsMax = 8

export function createReachServer(options: {
  ports: Ports
  handshake: Pick<Handshake, 'dialBack'>
  /** False: this node does that for nobody. */
  enabled: boolean
}): ReachServer {
  const { clock, network, telemetry } = options.ports
  const admission = createReachAdmission()
  let underWay = 0

  return {
    async *serve(peer, request) {
      if (!options.enabled) throw refusal('REQUEST_UNSUPPORTED', 'nobody is dialled on request here')
      const decoded = decode(reachRequestSchema, request)
      if (!decoded.ok) throw requestRejected(decoded.error)
      const host = network.peers().find(({ id }) => id === peer)?.host
      const target = host === undefined ? undefined : reachTargetOf(decoded.value, peer, host)
      if (host === undefined || !target) throw refusal('REQUEST_UNSUPPORTED', 'this address is not dialled for you')
      if (underWay >= dialsMax) throw refusalUntil('PEER_BUSY', dialTimeoutMs)
      const waitMs = admission.waitMs(peer, placeOf(host).site, target.isForeign, clock.monotonic())
      if (waitMs > 0) throw refusalUntil('PEER_BUSY', waitMs)
      underWay++
      try {
        const hello = options.handshake.dialBack(decoded.value.nonce)
        const outcome = await network.dialBack(target.address, hello, { timeoutMs: dialTimeoutMs })
        telemetry.count('synod_reach_served_total', 1, { outcome })
        yield encode(reachAnswerSchema, { reached: outcome === 'unable' ? undefined : outcome === 'reached' })
      } finally {
        underWay--
      }
    },
  }
}
