import { blockBatchesMax, blockEvidenceMax } from '../chain/limits.ts'
import { type TokenBucketPolicy, tokenBucketPolicy } from '../primitives/token-bucket.ts'

/**
 * What a peer may send and ask for, lane by lane: each channel by itself, each request protocol by itself, and the bytes of the answers
 * that it asks for. The figures come from what an honest validator sends at full speed on the chain at hand, doubled: a budget is there
 * to stop floods, and must never slow a peer that does its work. Spec: docs/spec/network.md, "Budgets".
 */
export interface BudgetPolicy {
  readonly lanes: readonly LanePolicy[]
  /** Of one peer, over all of its lanes. */
  readonly peer: Totals
  /** Of all peers together. */
  readonly everybody: Totals
}

export interface Totals {
  readonly messages: TokenBucketPolicy
  readonly requests: TokenBucketPolicy
  readonly bytes: TokenBucketPolicy
}

export interface LanePolicy {
  readonly name: LaneName
  readonly kind: 'messages' | 'requests' | 'answers'
  readonly events: TokenBucketPolicy
  readonly bytes: TokenBucketPolicy
  /**
   * What happens beyond the budget. `defer`: it is taken all the same while the peer is read from no more, up to another burst, since
   * what is under way already has been sent in good faith. `refuse`: it is dropped or turned away.
   */
  readonly beyond: 'defer' | 'refuse'
  /** Whether insisting is an offence. Who forwards gossip cannot help how much there is of it. */
  readonly judged: boolean
}

/** Direct channels, gossip by channel, requests by protocol, and the answers to them. */
export const laneNames = [
  'consensus',
  'evidence',
  'batches',
  'blocks',
  'peers',
  'gossip-consensus',
  'gossip-evidence',
  'gossip-batches',
  'gossip-blocks',
  'gossip-peers',
  'request-batch',
  'request-block',
  'request-headers',
  'request-status',
  'request-mempool',
  'request-dht',
  'request-reach',
  'request-light',
  'request-snapshot',
  'answer-batch',
  'answer-block',
  'answer-headers',
  'answer-status',
  'answer-mempool',
  'answer-dht',
  'answer-reach',
  'answer-light',
  'answer-snapshot',
] as const
export type LaneName = (typeof laneNames)[number]

/** What the chain and the operator decide. Rates are per minute; `undefined` follows from the chain. */
export interface BudgetOptions {
  readonly validators: number
  readonly blockTransactionsMax: number
  /** Longest message of a lane, in bytes: it must fit its lane at once. */
  readonly bytesMaxOf: (lane: LaneName) => number
  readonly limits: BudgetLimits
}

export interface BudgetLimits {
  /** Peer lists, statuses and all else of which an honest peer has little to say. */
  readonly controlPerMinute: number
  readonly consensusPerMinute: number | undefined
  readonly batchesPerMinute: number | undefined
  /** Of batches, and of blocks. */
  readonly requestsPerMinute: number | undefined
  /** Of batches, and of the answers to requests for batches and for blocks, each. */
  readonly bytesPerMinute: number
  /** How many peers at full speed this node is made for. */
  readonly allPeersFactor: number
}

/**
 * 64 MiB/s of batches is 250,000 transactions of 250 B a second: several times what a node executes and verifies, so that one
 * validator that packs for all the others stays within it.
 */
export const defaultBudgetLimits: BudgetLimits = {
  controlPerMinute: 100,
  consensusPerMinute: undefined,
  batchesPerMinute: undefined,
  requestsPerMinute: undefined,
  bytesPerMinute: 60 * (64 << 20),
  allPeersFactor: 8,
}

/** An honest peer stays below half of its budget. */
const margin = 2
/** A height takes at least two milliseconds on any machine: two rounds of votes and a durable write. */
const roundsPerSecondMax = 500
/** Seconds of the rate that may come at once: what a peer had to hold back while the link, or this node, stood still. */
const burstSeconds = 4
/** In a round: its proposal with the polka before it, a vote of each kind, and the certificates of both when it is not the first. */
const messagesPerRound = 6
/** A node answers at most so many round states of a peer in a second: `round-state-exchange.ts`. */
const roundStateAnswersPerSecond = 8
/** An answer besides votes: proposal, certificates, a round state of its own. */
const answerExtras = 6
/** Round states of its own that a peer sends in a second: every 250 ms, and whenever block sync ends. */
const roundStatesPerSecond = 5
/** Bytes of a vote, a certificate or a small proposal, on average. */
const smallMessageBytes = 2048
/** A transaction in an order costs at most a run, and a batch its hash. */
const runBytes = 8
const orderedBatchBytes = 34
const evidenceBytes = 600
/** Batches are packed every 10 ms, and for each proposal of the peer. */
const packsPerSecond = 100 + roundsPerSecondMax
/** Announcements: gathered for 100 ms, and all that waits at a meeting. */
const announcementsPerSecond = 20
/** Each proposer announces its block at most every 200 ms. */
const announcedPerProposer = 5
/** What lacks in an order: 16 requests of 64 hashes, every 200 ms; 4 for each announcement; one for each small order. */
const batchRequestsPerSecond = 16 * 5 + 4 * announcementsPerSecond + roundsPerSecondMax
/** Block sync asks for 64 blocks when the last have come, and near the tip for the few there are. */
const blockRequestsPerSecond = 250
/** Headers come in hundreds; near the tip, and where they confirm what another told, one by one. */
const headerRequestsPerSecond = 50

/** A part of a snapshot is a few hundred kilobytes, and two are asked for at a time. */
const snapshotRequestsPerSecond = 50

/** Requests by which mempools are compared: several for each comparison, which begin every two seconds at most. */
const comparisonsPerMinute = 600
/**
 * Questions to the directory: a search asks a node once, a crawl six times, and who publishes stores a record at it. A node may publish a
 * few records, hand on some of others and search all day; hundreds a minute are somebody who maps the network, and may come slower.
 */
const directoryPerMinute = 300
/** A light client skips: a few dozen light blocks lead to any height, and each one of a chain of changing validators is small work. */
const lightRequestsPerMinute = 1200
/** Two sets of a hundred validators with their proofs. */
const lightBlockBytes = 32 << 10
/** Of a status, which is a hello. */
const helloBytes = 64 << 10
/** Twenty contacts and sixteen records. */
const directoryAnswerBytes = 16 << 10
/** A request names 64 hashes at most. */
const requestBytes = 4096
/** Parts of answers: bytes bound them, not their number. */
const answerPartsPerSecond = 1_000_000

export function budgetPolicyOf({ validators, blockTransactionsMax, bytesMaxOf, limits }: BudgetOptions): BudgetPolicy {
  const answer = 2 * validators + answerExtras
  const consensusPerSecond =
    margin * (messagesPerRound * roundsPerSecondMax + roundStatesPerSecond + roundStateAnswersPerSecond * answer)
  const proposalBytes =
    smallMessageBytes + blockTransactionsMax * runBytes + blockBatchesMax * orderedBatchBytes + blockEvidenceMax * evidenceBytes
  const batchBytesPerSecond = limits.bytesPerMinute / 60
  const fullBatchesPerSecond = batchBytesPerSecond / bytesMaxOf('batches')
  const batchesPerSecond = margin * (fullBatchesPerSecond * 2 + packsPerSecond + announcementsPerSecond)

  const control = { perMinute: limits.controlPerMinute, burst: limits.controlPerMinute }
  const comparisons = { perMinute: comparisonsPerMinute, burst: comparisonsPerMinute / 2 }
  const directory = { perMinute: directoryPerMinute, burst: directoryPerMinute / 2 }
  const lightRequests = { perMinute: lightRequestsPerMinute, burst: lightRequestsPerMinute / 2 }
  const rated = (perSecond: number) => ({ perMinute: perSecond * 60, burst: perSecond * burstSeconds })
  const chosen = (perMinute: number | undefined, perSecond: number) => rated(perMinute === undefined ? perSecond : perMinute / 60)

  function lane(name: LaneName, events: Rate, bytesPerMinute: number, beyond: LanePolicy['beyond'], judged = true): LanePolicy {
    const kind = name.startsWith('request-') ? 'requests' : name.startsWith('answer-') ? 'answers' : 'messages'
    const bytesBurst = Math.max((bytesPerMinute / 60) * burstSeconds, 2 * bytesMaxOf(name))
    return {
      name,
      kind,
      events: tokenBucketPolicy(events.perMinute, 60_000, Math.max(1, events.burst)),
      bytes: tokenBucketPolicy(bytesPerMinute, 60_000, bytesBurst),
      beyond,
      judged,
    }
  }
  const quiet = (name: LaneName, judged = true) =>
    lane(name, control, limits.controlPerMinute * bytesMaxOf(name), 'refuse', judged)
  const answers = (name: LaneName) => lane(name, rated(answerPartsPerSecond), limits.bytesPerMinute, 'refuse', false)
  const requests = (name: LaneName, perSecond: number) => {
    const events = chosen(limits.requestsPerMinute, perSecond)
    return lane(name, events, events.perMinute * requestBytes, 'refuse')
  }
  const consensusBytes = margin * (roundsPerSecondMax * smallMessageBytes + (roundStateAnswersPerSecond + 2) * proposalBytes)
  const announcements = rated(margin * Math.min(announcedPerProposer * validators, roundsPerSecondMax))

  const lanes: readonly LanePolicy[] = [
    lane('consensus', chosen(limits.consensusPerMinute, consensusPerSecond), consensusBytes * 60, 'defer'),
    quiet('evidence'),
    lane('batches', chosen(limits.batchesPerMinute, batchesPerSecond), limits.bytesPerMinute, 'defer'),
    quiet('blocks'),
    quiet('peers'),
    quiet('gossip-consensus', false),
    quiet('gossip-evidence', false),
    quiet('gossip-batches', false),
    lane('gossip-blocks', announcements, announcements.perMinute * smallMessageBytes, 'refuse', false),
    quiet('gossip-peers', false),
    requests('request-batch', margin * batchRequestsPerSecond),
    requests('request-block', margin * blockRequestsPerSecond),
    requests('request-headers', margin * headerRequestsPerSecond),
    quiet('request-status'),
    lane('request-mempool', comparisons, comparisons.perMinute * bytesMaxOf('request-mempool'), 'refuse'),
    lane('request-dht', directory, directory.perMinute * requestBytes, 'refuse'),
    quiet('request-reach'),
    lane('request-light', lightRequests, lightRequests.perMinute * requestBytes, 'refuse'),
    requests('request-snapshot', margin * snapshotRequestsPerSecond),
    answers('answer-batch'),
    answers('answer-snapshot'),
    answers('answer-block'),
    answers('answer-headers'),
    lane('answer-status', rated(answerPartsPerSecond), limits.controlPerMinute * helloBytes, 'refuse', false),
    answers('answer-mempool'),
    lane('answer-dht', rated(answerPartsPerSecond), directory.perMinute * directoryAnswerBytes, 'refuse', false),
    lane('answer-light', rated(answerPartsPerSecond), lightRequests.perMinute * lightBlockBytes, 'refuse', false),
    lane('answer-reach', rated(answerPartsPerSecond), limits.controlPerMinute * helloBytes, 'refuse', false),
  ]
  const peer = totalsOf(lanes, 1)
  return { lanes, peer, everybody: totalsOf(lanes, limits.allPeersFactor) }
}

interface Rate {
  readonly perMinute: number
  readonly burst: number
}

/** All lanes together, and so nothing that binds a peer whose lanes do not, until the node is strained and they shrink. */
function totalsOf(lanes: readonly LanePolicy[], factor: number): Totals {
  const total = (kind: LanePolicy['kind']) =>
    sumOf(
      lanes.filter((lane) => lane.kind === kind).map(({ events }) => events),
      factor,
    )
  return {
    messages: total('messages'),
    requests: total('requests'),
    bytes: sumOf(
      lanes.map(({ bytes }) => bytes),
      factor,
    ),
  }
}

function sumOf(policies: readonly TokenBucketPolicy[], factor: number): TokenBucketPolicy {
  const perMinute = policies.reduce((sum, { intervalMs }) => sum + 60_000 / intervalMs, 0)
  const burst = policies.reduce((sum, policy) => sum + policy.burst, 0)
  return tokenBucketPolicy(perMinute * factor, 60_000, burst * factor)
}
