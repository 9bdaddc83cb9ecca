/**
 * Gossip scores, set on purpose. They decide only whom gossip trusts with its mesh; bans are the peer ledger's.
 *
 * | parameter | value | why |
 * |---|---|---|
 * | time in mesh (P1) | 0.03 per 12 s, at most 9 | age earns a little, and never enough to pay for one invalid message |
 * | first deliveries (P2) | 1 each, at most 20, halved every 10 s | who brings news first is worth keeping, bounded against bursts |
 * | mesh deliveries (P3, P3b) | off | traffic is a few blocks a second or none: an honest idle peer would be punished |
 * | invalid messages (P4) | −20 × n², forgotten in a minute | two rejected messages gray-list a peer at once |
 * | application score (P5) | off | reputation is the peer ledger's, which disconnects |
 * | peers per address (P6) | −5 × excess² beyond 8, loopback exempt | devnets share a host; elsewhere the connection policy is stricter |
 * | behaviour (P7) | −10 × n² beyond 6, forgotten in a minute | broken IWANT promises happen to the honest under load; habits do not |
 * | thresholds | gossip −20, publish −50, gray-list −80 | one rejection costs gossip, two everything |
 */
import type { createPeerScoreParams, createPeerScoreThresholds } from '@libp2p/gossipsub/score'

type ScoreParams = NonNullable<Parameters<typeof createPeerScoreParams>[0]>
type ScoreThresholds = NonNullable<Parameters<typeof createPeerScoreThresholds>[0]>

const topicScores = {
  topicWeight: 1,
  timeInMeshWeight: 0.03,
  timeInMeshQuantum: 12_000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 1,
  firstMessageDeliveriesDecay: 0.93,
  firstMessageDeliveriesCap: 20,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 5_000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -20,
  invalidMessageDeliveriesDecay: 0.93,
}

export function gossipScoreParams(topics: readonly string[]): ScoreParams {
  return {
    topics: Object.fromEntries(topics.map((topic) => [topic, topicScores])),
    topicScoreCap: 40,
    appSpecificScore: () => 0,
    appSpecificWeight: 0,
    IPColocationFactorWeight: -5,
    IPColocationFactorThreshold: 8,
    IPColocationFactorWhitelist: new LoopbackAddresses(),
    behaviourPenaltyWeight: -10,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: 0.93,
    decayInterval: 1_000,
    decayToZero: 0.01,
    retainScore: 600_000,
  }
}

export const gossipScoreThresholds: ScoreThresholds = {
  gossipThreshold: -20,
  publishThreshold: -50,
  graylistThreshold: -80,
  acceptPXThreshold: 1_000, // Peer exchange goes through `hello` and the address book, never through gossip.
  opportunisticGraftThreshold: 5,
}

/** gossipsub asks a set; all of 127/8 is meant. */
class LoopbackAddresses extends Set<string> {
  override has(address: string): boolean {
    return address === '::1' || address.startsWith('127.')
  }
}
