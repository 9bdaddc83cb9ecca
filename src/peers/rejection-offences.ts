import type { RejectionCode } from '../primitives/error-catalogue.ts'
import type { Offence } from './peer-ledger.ts'

/**
 * What refusing a peer's message costs the peer, and why. The rule behind each line: an offence is only what an honest node of the same
 * chain cannot send, however late, far behind or badly connected it is. Spec: docs/spec/network.md, "Budgets".
 */
export interface RejectionOffence {
  readonly offence: Offence | 'none'
  readonly because: string
}

const encoded: RejectionOffence = { offence: 'invalid', because: 'an honest encoder cannot produce it' }
const forged: RejectionOffence = {
  offence: 'signature',
  because: 'honest nodes pass on nothing whose signature they have not checked',
}
const invented: RejectionOffence = {
  offence: 'byzantine',
  because: 'it contradicts the validator set or itself, which no accident of the network can cause',
}
const unread: RejectionOffence = { offence: 'invalid', because: 'honest nodes serve only what they have checked and executed' }
const late: RejectionOffence = { offence: 'none', because: 'it was true when it was sent: the sender is behind, or ahead' }
const taste: RejectionOffence = { offence: 'none', because: 'nodes may differ in what they hold, and in what they ask for it' }
const replayed: RejectionOffence = { offence: 'spam', because: 'the peer itself sent the same many times before' }

export const rejectionOffences = {
  CODEC_TRUNCATED: encoded,
  CODEC_TRAILING: encoded,
  CODEC_NON_CANONICAL: encoded,
  CODEC_TYPE: encoded,
  CODEC_LIMIT: encoded,
  CODEC_TAG: encoded,
  CODEC_TEXT: encoded,

  SIGNATURE_INVALID: forged,
  TX_SIGNATURE_INVALID: forged,
  BATCH_FORGED: forged,
  EVIDENCE_INVALID: forged,
  DHT_RECORD_FORGED: forged,
  EVIDENCE_TOO_LARGE: encoded,

  VOTE_UNKNOWN_KIND: invented,
  VOTE_UNKNOWN_VALIDATOR: invented,
  PROPOSAL_WRONG_HASH: invented,
  PROPOSAL_WRONG_VALID_ROUND: invented,
  CERTIFICATE_MALFORMED: invented,
  CERTIFICATE_NO_QUORUM: invented,
  EVIDENCE_STRANGER: { offence: 'none', because: 'a node further ahead already knows the accused as a validator' },

  DHT_ANSWER_INVALID: { offence: 'invalid', because: 'an honest table holds each node once, and is told in order of distance' },
  DHT_RECORD_INVALID: unread,
  DHT_RECORD_EXPIRED: late,
  DHT_RECORD_UNSTAKED: late,
  BATCH_INVALID: unread,
  BATCH_UNASKED: { offence: 'invalid', because: 'answers are made from the question' },
  SYNC_WRONG_BLOCK: unread,
  SYNC_WRONG_COMMIT: unread,
  SYNC_WRONG_HEADERS: unread,
  SYNC_WRONG_HEIGHT: { offence: 'invalid', because: 'answers are made from the question' },
  SNAPSHOT_FALSE: { offence: 'invalid', because: 'an honest node proves what it sends from its own state' },
  TX_MALFORMED: unread,
  TX_WRONG_CHAIN: unread,
  TX_TOO_LARGE: unread,

  HELLO_STAKE_INVALID: {
    offence: 'signature',
    because: 'an honest node signs with the key its own hello names, for this connection',
  },
  HELLO_PROOF_REPLAYED: {
    offence: 'signature',
    because: 'a proof is made for one connection: to show another is to have stolen it',
  },

  BATCH_REPLAYED: replayed,
  CONSENSUS_REPLAYED: replayed,
  ADDRESSES_ASKED_AGAIN: { offence: 'spam', because: 'honest nodes ask once, of whom they dialled' },
  ADDRESSES_UNASKED: { offence: 'invalid', because: 'answers are made from the question' },
  ADDRESS_FLOOD: { offence: 'spam', because: 'honest nodes pass on one address a second, half of what is taken' },
  ROUND_STATE_FLOOD: { offence: 'spam', because: 'honest nodes compare where they stand every 250 ms at most' },

  VOTE_WRONG_HEIGHT: late,
  PROPOSAL_WRONG_HEIGHT: late,
  PROPOSAL_TOO_FAR: late,
  EVIDENCE_AGE: late,
  EVIDENCE_KNOWN: late,
  TX_EXPIRED: late,
  TX_KNOWN: late,
  TX_NONCE_TOO_LOW: late,
  TX_NONCE_GAP: late,
  TX_INSUFFICIENT_BALANCE: late,
  TX_OPERATION_INVALID: late,
  TX_UNDERPAID: taste,
  MEMPOOL_FULL: taste,
  MEMPOOL_SENDER_LIMIT: taste,
  MEMPOOL_PEER_LIMIT: taste,
  MEMPOOL_REPLACEMENT_UNDERPAID: taste,
} as const satisfies Partial<Record<RejectionCode, RejectionOffence>>

/** The offence behind a refusal; `undefined` when an honest peer could have caused it. What has no line follows from its verdict. */
export function offenceBehind(code: RejectionCode, verdict: 'ignore' | 'reject'): Offence | undefined {
  const listed: RejectionOffence | undefined = (rejectionOffences as Partial<Record<RejectionCode, RejectionOffence>>)[code]
  if (!listed) return verdict === 'ignore' ? undefined : 'invalid'
  return listed.offence === 'none' ? undefined : listed.offence
}
