import { type Evidence, evidenceSchema } from '../chain/evidence.ts'
import { decode, encode } from '../codec/codec.ts'
import type { PeerId, Verdict } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { EvidencePool } from './evidence-pool.ts'
import type { NodeEvents } from './node-events.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { Ports } from './ports.ts'
import type { Usefulness } from './usefulness.ts'

/** Where proofs of misbehaviour come in, from this node's own core and from peers, and go out. */
export interface EvidenceDesk {
  /** The core caught a validator voting twice. */
  accuse(evidence: Evidence): void
  /** Tells everybody what is good and new; resolves when it is on its way. */
  spread(evidence: Evidence): Promise<void>
  onGossip(peer: PeerId, message: Bytes): Promise<Verdict>
}

/** Pieces whose signatures are being checked; what comes on top is not passed on. */
const inCheckMax = 32

export function createEvidenceDesk(options: {
  ports: Ports
  evidencePool: EvidencePool
  events: NodeEvents
  usefulness: Usefulness
  judge: PeerJudge
  /** Genuine evidence that was not here before. */
  onAccused: (evidence: Evidence) => void
}): EvidenceDesk {
  const { ports, evidencePool, events, judge } = options
  const { network, telemetry } = ports
  let inCheck = 0

  async function spread(evidence: Evidence): Promise<void> {
    const added = await evidencePool.add(evidence)
    if (!added.ok || !added.value) return
    network.broadcast('evidence', encode(evidenceSchema, evidence))
    options.onAccused(evidence)
  }

  async function check(peer: PeerId, evidence: Evidence, bytes: number): Promise<Verdict> {
    const added = await evidencePool.add(evidence)
    if (!added.ok) return judge.refuse(peer, added.error)
    options.usefulness.count('gossip', added.value ? 'useful' : 'duplicate', bytes)
    if (added.value) options.onAccused(evidence)
    return added.value ? 'accept' : 'ignore'
  }

  return {
    spread,
    accuse(evidence) {
      telemetry.count('synod_consensus_accusations_total')
      telemetry.log('warn', 'a validator voted twice', { height: evidence.first.height, round: evidence.first.round })
      events.emit({ type: 'evidence', consensusKey: evidence.consensusKey, height: evidence.first.height })
      spread(evidence).catch((error: unknown) =>
        telemetry.log('error', 'evidence could not be checked', { error: String(error) }),
      )
    },

    async onGossip(peer, message) {
      // Evidence waits for a block, perhaps for long: it must not keep the buffer alive in which it came.
      const decoded = decode(evidenceSchema, message.slice())
      if (!decoded.ok) return judge.refuse(peer, decoded.error)
      if (inCheck >= inCheckMax) return 'ignore'
      inCheck++
      return check(peer, decoded.value, message.length).finally(() => inCheck--)
    },
  }
}
