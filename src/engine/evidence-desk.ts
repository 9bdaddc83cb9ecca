import { type Evidence, evidenceSchema } from '../chain/evidence.ts'
import { decode, encode } from '../codec/codec.ts'
import type { PeerId, Verdict } from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Result } from '../primitives/result.ts'
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
  /**
   * From somebody who is no peer. True when it is good and was not known here: it is on its way to everybody then. `undefined` while too
   * much is being checked.
   */
  submit(evidence: Evidence): Promise<Result<boolean> | undefined>
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

  async function add(evidence: Evidence): Promise<Result<boolean>> {
    const added = await evidencePool.add(evidence)
    if (added.ok && added.value) options.onAccused(evidence)
    return added
  }

  async function publish(evidence: Evidence): Promise<Result<boolean>> {
    const added = await add(evidence)
    if (added.ok && added.value) network.broadcast('evidence', encode(evidenceSchema, evidence))
    return added
  }

  async function spread(evidence: Evidence): Promise<void> {
    await publish(evidence)
  }

  /** One of few at a time, whoever brings it. */
  function inTurn<T>(check: () => Promise<T>): Promise<T> | undefined {
    if (inCheck >= inCheckMax) return undefined
    inCheck++
    return check().finally(() => inCheck--)
  }

  async function check(peer: PeerId, evidence: Evidence, bytes: number): Promise<Verdict> {
    const added = await add(evidence)
    if (!added.ok) return judge.refuse(peer, added.error)
    options.usefulness.count('gossip', added.value ? 'useful' : 'duplicate', bytes)
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
      return inTurn(() => check(peer, decoded.value, message.length)) ?? 'ignore'
    },

    submit: async (evidence) => inTurn(() => publish(evidence)),
  }
}
