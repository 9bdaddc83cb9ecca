/**
 * Gossip scores, set on purpose. They decide whom gossip trusts with its mesh; bans are the peer ledger's, which hears of what is worse
 * (gossip-watch.ts).
 *
 * | parameter | value | why |
 * |---|---|---|
 * | time in mesh (P1) | 0.03 per 12 s, at most 9 | age earns a little, and never enough to pay for one invalid message |
 * | first deliveries (P2) | by channel, halved every 10 s | who brings news first is worth keeping, bounded against bursts |
 * | mesh deliveries (P3, P3b) | off | traffic is a few blocks a second or none: an honest idle peer would be punished |
 * | invalid messages (P4) | by channel, × n², forgotten in a minute | where messages are few and dear to check, one is a lot |
 * | application score (P5) | off | reputation is the peer ledger's, which disconnects |
 * | peers per address (P6) | off | it counts ids that have gone, so throw-away ones would sink all neighbours behind one NAT; the gate counts connections |
 * | behaviour (P7) | −10 × n² beyond 6, forgotten in a minute | broken IWANT promises happen to the honest under load; habits do not |
 * | thresholds | gossip −20, publish −50, gray-list −80 | one rejection costs gossip, two everything |
 * | opportunistic grafting | below a median of 5, 2 peers a minute | a mesh of strangers who deliver nothing is mixed with better ones |
 *
 * | channel | weight | each first delivery | at most | invalid | why |
 * |---|---|---|---|---|---|
 * | consensus | 1 | 0.5 | 20 | −20 | many votes: none of them says much; a forged one says everything |
 * | evidence | 1 | 2 | 10 | −40 | rare, and costs two signature checks: bringing it counts, inventing it counts double |
 * | batches | 0.5 | 0.2 | 20 | −20 | the most frequent by far, so the least telling |
 * | blocks | 1 | 1 | 20 | −20 | one a height: who is first with it is near |
 * | peers | 0.2 | 0.5 | 5 | −20 | addresses must never buy a place in the mesh of blocks |
 */
import type { createPeerScoreParams, createPeerScoreThresholds } from '@libp2p/gossipsub/score'
import { type Channel, channels } from '../../ports/network.ts'

type ScoreParams = NonNullable<Parameters<typeof createPeerScoreParams>[0]>
type ScoreThresholds = Required<NonNullable<Parameters<typeof createPeerScoreThresholds>[0]>>

interface ChannelScore {
  readonly weight: number
  readonly firstDelivery: number
  readonly firstDeliveriesCap: number
  readonly invalid: number
}

const channelScores: Readonly<Record<Channel, ChannelScore>> = {
  consensus: { weight: 1, firstDelivery: 0.5, firstDeliveriesCap: 20, invalid: -20 },
  evidence: { weight: 1, firstDelivery: 2, firstDeliveriesCap: 10, invalid: -40 },
  batches: { weight: 0.5, firstDelivery: 0.2, firstDeliveriesCap: 20, invalid: -20 },
  blocks: { weight: 1, firstDelivery: 1, firstDeliveriesCap: 20, invalid: -20 },
  peers: { weight: 0.2, firstDelivery: 0.5, firstDeliveriesCap: 5, invalid: -20 },
}

/** @param topicOf the topic of a channel. */
export function gossipScoreParams(topicOf: (channel: Channel) => string): ScoreParams {
  return {
    topics: Object.fromEntries(channels.map((channel) => [topicOf(channel), topicScores(channelScores[channel])])),
    topicScoreCap: 40,
    appSpecificScore: () => 0,
    appSpecificWeight: 0,
    // It remembers ids for as long as scores: a stranger's would count against every honest peer of the address. The gate does not.
    IPColocationFactorWeight: 0,
    IPColocationFactorThreshold: 1,
    behaviourPenaltyWeight: -10,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: 0.93,
    decayInterval: 1_000,
    decayToZero: 0.01,
    retainScore: 600_000,
  }
}

function topicScores({ weight, firstDelivery, firstDeliveriesCap, invalid }: ChannelScore) {
  return {
    topicWeight: weight,
    timeInMeshWeight: 0.03,
    timeInMeshQuantum: 12_000,
    timeInMeshCap: 300,
    firstMessageDeliveriesWeight: firstDelivery,
    firstMessageDeliveriesDecay: 0.93,
    firstMessageDeliveriesCap: firstDeliveriesCap / firstDelivery,
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 1,
    meshMessageDeliveriesThreshold: 1,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 5_000,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.5,
    // Weighed with its topic, like all else: the table gives the product.
    invalidMessageDeliveriesWeight: invalid / weight,
    invalidMessageDeliveriesDecay: 0.93,
  }
}

export const gossipScoreThresholds: ScoreThresholds = {
  gossipThreshold: -20,
  publishThreshold: -50,
  graylistThreshold: -80,
  acceptPXThreshold: 1_000, // Peer exchange goes through `hello` and the address book, never through gossip.
  opportunisticGraftThreshold: 5,
}
