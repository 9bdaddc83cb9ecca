import type { ChainSpec } from '../chain/chain-spec.ts'
import { type BudgetLimits, budgetPolicyOf, type LaneName, laneNames } from '../peers/budget-policy.ts'
import { createPeerBudgets } from '../peers/peer-budgets.ts'
import { refusalUntil } from '../peers/refusal.ts'
import {
  type Channel,
  channelBytesMax,
  type PeerId,
  type RequestProtocol,
  requestBytesMax,
  responsePartBytesMax,
} from '../ports/network.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { Ports } from './ports.ts'

/**
 * Holds connected peers to what they may cost. Who sends more is first read from no more for a while, so that it waits for us and not
 * we for it; who asks more is told when to come again; who insists has committed an offence, and the ledger does the rest.
 */
export interface PeerBudgetDesk {
  meet(peer: PeerId): void
  /** Whether this node looks at a message at all. Asked for every one. */
  admits(peer: PeerId, channel: Channel, bytes: number): boolean
  admitsGossip(peer: PeerId, channel: Channel, bytes: number): boolean
  /** The answer to a request, at the pace of the peer's budget. Throws a refusal that says when to come again. */
  serve(peer: PeerId, protocol: RequestProtocol, request: Bytes, answer: () => AsyncIterable<Bytes>): AsyncGenerator<Bytes>
  /** What all budgets together are divided by while this node is strained. */
  shrink(divisor: number): void
  /** Reads nothing for a while from those who send most; how many they are. */
  restNoisiest(count: number, forMs: number): number
  /** Answers that are being given. */
  readonly answers: number
  leave(peer: PeerId): void
}

const laneAt = Object.fromEntries(laneNames.map((name, index) => [name, index])) as Readonly<Record<LaneName, number>>
const messageLanes: Readonly<Record<Channel, number>> = {
  consensus: laneAt.consensus,
  evidence: laneAt.evidence,
  batches: laneAt.batches,
  blocks: laneAt.blocks,
  peers: laneAt.peers,
}
const gossipLanes: Readonly<Record<Channel, number>> = {
  consensus: laneAt['gossip-consensus'],
  evidence: laneAt['gossip-evidence'],
  batches: laneAt['gossip-batches'],
  blocks: laneAt['gossip-blocks'],
  peers: laneAt['gossip-peers'],
}

/** A strained node is given so long to recover. */
const busyRetryMs = 3000

export function createPeerBudgetDesk(options: {
  ports: Ports
  spec: ChainSpec
  limits: BudgetLimits
  judge: Pick<PeerJudge, 'offend'>
  /** Whether stake stands behind the peer: what it says is held back last. */
  isStaked: (peer: PeerId) => boolean
  /** Whether there is strength left to serve blocks and mempools, and to pass on announcements. */
  servesBulk: () => boolean
}): PeerBudgetDesk {
  const { judge, isStaked, servesBulk } = options
  const { clock, network, telemetry } = options.ports
  const policy = budgetPolicyOf({
    validators: options.spec.validators.length,
    blockTransactionsMax: options.spec.limits.block_transactions_max,
    bytesMaxOf,
    limits: options.limits,
  })
  const budgets = createPeerBudgets(policy)
  const connected = new Set<PeerId>()
  let answers = 0

  /** Over a budget: rare from honest peers, and then the peer's own doing. */
  function respond(peer: PeerId, lane: number, bytes: number, outcome: 'defer' | 'refuse'): number {
    const { pauseMs, retryMs, spam } = budgets.respond(peer, lane, bytes, clock.monotonic())
    const name = laneNames[lane] as LaneName
    telemetry.count('synod_budget_exceeded_total', 1, { lane: name, outcome })
    if (pauseMs > 0) network.pause(peer, pauseMs)
    if (spam) judge.offend(peer, 'spam', `PEER_OVER_BUDGET ${name}`)
    return retryMs
  }

  function admitsLane(peer: PeerId, lane: number, bytes: number): boolean {
    const outcome = budgets.charge(peer, lane, bytes, clock.monotonic())
    if (outcome === 'take') return true
    respond(peer, lane, bytes, outcome)
    return outcome === 'defer'
  }

  /** Waits until the part is within the budget of the peer and of all; false when the peer has gone meanwhile. */
  async function isDue(peer: PeerId, lane: number, bytes: number): Promise<boolean> {
    while (connected.has(peer)) {
      if (budgets.charge(peer, lane, bytes, clock.monotonic()) !== 'refuse') return true
      const { retryMs } = budgets.respond(peer, lane, bytes, clock.monotonic())
      await new Promise<void>((resume) => clock.schedule(retryMs, resume))
    }
    return false
  }

  return {
    meet(peer) {
      connected.add(peer)
      budgets.protect(peer, isStaked(peer))
    },
    admits: (peer, channel, bytes) => admitsLane(peer, messageLanes[channel], bytes),
    admitsGossip: (peer, channel, bytes) =>
      admitsLane(peer, gossipLanes[channel], bytes) && (channel !== 'blocks' || servesBulk()),

    async *serve(peer, protocol, request, answer) {
      const lane = laneAt[`request-${protocol}`]
      const outcome = budgets.charge(peer, lane, request.length, clock.monotonic())
      if (outcome === 'refuse') throw refusalUntil('PEER_OVER_BUDGET', respond(peer, lane, request.length, outcome))
      if ((protocol === 'block' || protocol === 'mempool') && !servesBulk()) throw refusalUntil('PEER_BUSY', busyRetryMs)
      answers++
      try {
        for await (const part of answer()) {
          if (!(await isDue(peer, laneAt[`answer-${protocol}`], part.length))) return
          yield part
        }
      } finally {
        answers--
      }
    },

    shrink: budgets.shrink,
    restNoisiest(count, forMs) {
      const noisiest = budgets.noisiest(count, clock.monotonic())
      for (const peer of noisiest) network.pause(peer, forMs)
      return noisiest.length
    },
    get answers() {
      return answers
    },
    leave(peer) {
      connected.delete(peer)
      budgets.leave(peer, clock.monotonic())
    },
  }
}

function bytesMaxOf(lane: LaneName): number {
  if (lane.startsWith('request-')) return requestBytesMax
  if (lane.startsWith('answer-')) return responsePartBytesMax
  return channelBytesMax[lane.replace('gossip-', '') as Channel]
}
