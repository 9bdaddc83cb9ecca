import { z } from 'zod'
import { roundMax, validatorsMax } from '../chain/limits.ts'
import { changesMax } from '../light/light-block.ts'
import { utf8 } from '../primitives/bytes.ts'
import { standingView, trafficView } from './operator-views.ts'

/**
 * What the HTTP API says, declared once: the server answers in these shapes, the client parses them, and the OpenAPI document is made
 * of them. Byte strings are lower-case hexadecimal, 64-bit amounts are decimal text, times are milliseconds since the Unix epoch.
 * What is parsed here fits the chain's own schemas, so that a client can encode it again to check it, whoever sent it.
 */
const hex = z.string().regex(/^([0-9a-f]{2})*$/)
const hash = z.string().regex(/^[0-9a-f]{64}$/)
const u64 = z.string().regex(/^[0-9]{1,20}$/)
const consensusKey = z.string().regex(/^[0-9a-f]{96}$/)
const signature = z.string().regex(/^[0-9a-f]{192}$/)
const count = z.int().min(0)
const round = count.max(roundMax)
const text = (bytesMax: number) =>
  z
    .string()
    .max(bytesMax)
    .refine((given) => given.isWellFormed() && utf8(given).length <= bytesMax, `at most ${bytesMax} bytes of UTF-8`)

export const errorView = z.object({
  error: z.object({ code: z.string(), message: z.string(), docs: z.string() }),
})
export type ErrorView = z.output<typeof errorView>

export const headerView = z.object({
  version: count.max(0xffff),
  chainId: hash,
  height: count,
  time: count,
  previousHash: hash,
  previousCommitHash: hash,
  transactionsRoot: hash,
  orderHash: hash,
  validatorsHash: hash,
  nextValidatorsHash: hash,
  parametersHash: hash,
  appHash: hash,
  resultsHash: hash,
  evidenceHash: hash,
  proposer: consensusKey,
})
export type HeaderView = z.output<typeof headerView>

export const commitView = z.object({
  height: count,
  round,
  blockHash: hash,
  signers: hex.min(2).max(validatorsMax / 4),
  signature,
})
export type CommitView = z.output<typeof commitView>

// A refinement is asked of texts too that the pattern has refused.
const power = u64.refine((given) => /^[0-9]+$/.test(given) && BigInt(given) < 1n << 64n, 'at most 64 bits')
const members = z.array(z.object({ consensusKey, power })).min(1).max(validatorsMax)

/** What a light client follows the chain by. `nextValidators` is null when they are the same. */
export const lightBlockView = z.object({
  header: headerView,
  commit: commitView,
  validators: members,
  nextValidators: members.nullable(),
  possessions: z
    .array(
      z.object({
        consensusKey,
        operator: z
          .string()
          .regex(/^[0-9a-f]{40}$/)
          .nullable(),
        proof: signature,
      }),
    )
    .max(validatorsMax),
})
export type LightBlockView = z.output<typeof lightBlockView>

/** Where a light client best goes by. */
export const validatorChangesView = z.object({ heights: z.array(count).max(changesMax) })
export type ValidatorChangesView = z.output<typeof validatorChangesView>

export const blockView = z.object({
  hash,
  header: headerView,
  lastCommit: commitView.nullable(),
  evidence: z.array(hex),
  transactions: z.array(hex),
})
export type BlockView = z.output<typeof blockView>

const inclusionProofView = z.object({ index: count, size: count, path: z.array(hash) })
export const resultView = z.object({
  code: count.max(0xffff),
  data: hex.max(2048),
  events: z
    .array(z.object({ type: text(64), attributes: z.array(z.object({ key: text(64), value: text(256) })).max(16) }))
    .max(64),
})
export type ResultView = z.output<typeof resultView>

export const transactionView = z.object({
  id: hash,
  height: count,
  index: count,
  encoded: hex,
  result: resultView,
  proof: inclusionProofView,
  resultProof: inclusionProofView,
})
export type TransactionView = z.output<typeof transactionView>

export const stateProofView = z.object({
  siblings: z.array(hash),
  other: z.object({ path: hash, valueHash: hash }).nullable(),
})

/** An account of the built-in ledger. `key` and `value` are what `proof` proves against the header's `appHash` at `height`. */
export const accountView = z.object({
  address: z.string(),
  height: count,
  balance: u64,
  nonce: count,
  key: hex,
  value: hex.nullable(),
  proof: stateProofView,
})
export type AccountView = z.output<typeof accountView>

export const stateView = z.object({ height: count, key: hex, value: hex.nullable(), proof: stateProofView })
export type StateView = z.output<typeof stateView>

/** What the application answers on the latest final state; nothing proves it. */
export const queryView = z.object({ height: count, data: hex })
export type QueryView = z.output<typeof queryView>

export const submissionRequest = z.object({ transactions: z.array(hex).min(1).max(1000) })
export const submissionView = z.object({
  results: z.array(z.union([z.object({ id: hash }), z.object({ code: z.string(), detail: z.string() })])),
})
export type SubmissionView = z.output<typeof submissionView>

/** Encoded `Evidence`, each piece by itself. */
export const evidenceRequest = z.object({ evidence: z.array(hex).min(1).max(8) })
/** In the order given: whether it is new to the node, or why it proves nothing. */
export const evidenceView = z.object({
  results: z.array(z.union([z.object({ isNew: z.boolean() }), z.object({ code: z.string(), detail: z.string() })])),
})
export type EvidenceView = z.output<typeof evidenceView>

/** What comparing itself with its peers told a node. */
export const surveyView = z.object({
  at: count,
  peers: count,
  answered: count,
  /** Nodes met whose genesis is another. */
  strangers: count,
  /** Nobody who was met shares this node's genesis. */
  alone: z.boolean(),
  /** What two thirds of the peers have reached. */
  agreedHeight: count,
  comparedHeight: count,
  same: count,
  different: count,
  stateHolds: z.boolean(),
})
export type SurveyView = z.output<typeof surveyView>

export const statusView = z.object({
  chainId: hash,
  application: z.string(),
  mode: z.enum(['state-sync', 'block-sync', 'consensus']),
  height: count,
  round: count,
  step: z.string(),
  blockHash: hash,
  appHash: hash,
  blockTime: count,
  peerId: z.string(),
  /** What others are told of where the node can be dialled. */
  addresses: z.array(z.string()),
  /** Whether strangers can connect to it, as far as other nodes have tried. */
  reachability: z.enum(['public', 'private', 'unknown']),
  ownAddresses: z.array(
    z.object({
      address: z.string(),
      sources: z.array(z.enum(['listen', 'mapping', 'stun', 'observed', 'relay'])),
      standing: z.enum(['confirmed', 'unconfirmed', 'failed']),
    }),
  ),
  portMapping: z.enum(['off', 'none', 'mapped', 'double-nat', 'forgetful', 'refused']),
  validator: z.object({ consensusKey: hex, active: z.boolean() }).nullable(),
  signing: z.boolean(),
  fault: z.string().nullable(),
  /** Addresses of other nodes that this one knows: `new` ones were only heard of, where `tried` are a node answered. */
  addressBook: z.object({ new: count, tried: count }),
  /** While blocks are taken from peers. */
  progress: z.object({ height: count, target: count, blocksPerSecond: count, remainingMs: count.nullable() }).nullable(),
  /** The latest comparison with the peers. */
  survey: surveyView.nullable(),
})
export type StatusView = z.output<typeof statusView>

/** `standing` and `traffic` are told to the operator alone. */
export const peersView = z.object({
  peers: z.array(
    z.object({
      id: z.string(),
      address: z.string(),
      host: z.string(),
      transport: z.string(),
      direction: z.enum(['inbound', 'outbound']),
      protection: z.string(),
      latencyMs: z.number().nullable(),
      connectedAt: count,
      height: count,
      agent: z.string(),
      /** It has proved that it speaks for stake. */
      staked: z.boolean(),
      standing: standingView.nullable(),
      traffic: trafficView.nullable(),
    }),
  ),
})
export type PeersView = z.output<typeof peersView>

export const mempoolView = z.object({ transactions: count, bytes: count, batches: count })
export type MempoolView = z.output<typeof mempoolView>

export const validatorsView = z.object({
  height: count,
  totalPower: u64,
  validators: z.array(z.object({ index: count, consensusKey: hex, power: u64 })),
})
export type ValidatorsView = z.output<typeof validatorsView>

/** `spec` is the canonical chain spec, whose tagged hash is the chain id. */
export const chainView = z.object({ chainId: hash, name: z.string(), addressPrefix: z.string(), spec: z.string() })
export type ChainView = z.output<typeof chainView>

export const healthView = z.object({ ok: z.boolean(), reason: z.string() })
export type HealthView = z.output<typeof healthView>

/** Server-sent events, each with its `type` as the event's name. */
export const eventView = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('block'),
    height: count,
    hash,
    time: count,
    round: count,
    transactions: z.array(hash),
    proposer: hex,
    appHash: hash,
  }),
  z.object({ type: z.literal('round'), height: count, round: count, step: z.string() }),
  z.object({ type: z.literal('peer'), connected: z.boolean(), id: z.string(), reason: z.string() }),
  z.object({ type: z.literal('evidence'), consensusKey: hex, height: count }),
  z.object({ type: z.literal('attack'), kind: z.string(), active: z.boolean(), refused: count, sources: count }),
  z.object({ type: z.literal('ban'), target: z.string(), reason: z.string(), until: z.union([count, z.literal('forever')]) }),
  z.object({ type: z.literal('fault'), message: z.string() }),
])
export type EventView = z.output<typeof eventView>
