import { proposedBlockSchema } from '../chain/block.ts'
import { certificateSchema } from '../chain/certificate.ts'
import { hash } from '../chain/identifiers.ts'
import { blockTransactionsMax, roundMax, transactionBytesMax } from '../chain/limits.ts'
import { signedProposalSchema } from '../chain/proposal.ts'
import { signedVoteSchema } from '../chain/vote.ts'
import { bool, bytes, type Infer, list, struct, uint, variant } from '../codec/schema.ts'
import type { ConsensusTimer, Input } from '../consensus/tendermint/input.ts'
import { verifiedBefore } from '../crypto/verified.ts'
import { unreachable } from '../primitives/assert.ts'
import type { Tip } from './chain.ts'

/**
 * What the consensus log holds: each input the core was given at the height being decided, with its time, and the bodies of the blocks
 * this validator said yes to. Replaying the inputs restores the core; the bodies make its yes good after every node has crashed.
 */
const timerKinds: readonly ConsensusTimer['kind'][] = ['start', 'propose', 'prevote', 'precommit']
const now = uint()

export const walRecordSchema = variant('WalRecord', {
  'start-height': { tag: 1, schema: struct('StartHeight', { now, height: uint(), startAt: uint(), awaitTransactions: bool() }) },
  'transactions-available': { tag: 2, schema: struct('TransactionsAvailable', { now }) },
  proposal: { tag: 3, schema: struct('ProposalTaken', { now, proposal: signedProposalSchema }) },
  vote: { tag: 4, schema: struct('VoteTaken', { now, vote: signedVoteSchema }) },
  certificate: { tag: 5, schema: struct('CertificateTaken', { now, certificate: certificateSchema }) },
  'block-built': { tag: 6, schema: struct('BlockBuilt', { now, round: uint({ max: roundMax }), block: proposedBlockSchema }) },
  'block-checked': { tag: 7, schema: struct('BlockChecked', { now, blockHash: hash, valid: bool() }) },
  'proposal-signed': { tag: 8, schema: struct('ProposalSigned', { now, proposal: signedProposalSchema }) },
  'vote-signed': { tag: 9, schema: struct('VoteSigned', { now, vote: signedVoteSchema }) },
  'timer-fired': {
    tag: 10,
    schema: struct('TimerFired', { now, kind: uint({ max: 3 }), height: uint(), round: uint({ max: roundMax }) }),
  },
  body: {
    tag: 11,
    schema: struct('Body', {
      height: uint(),
      blockHash: hash,
      transactions: list(bytes({ min: 1, max: transactionBytesMax }), { max: blockTransactionsMax }),
    }),
  },
})
export type WalRecord = Infer<typeof walRecordSchema>

export function toWalRecord(input: Input, now: number): WalRecord {
  switch (input.type) {
    case 'start-height': {
      const { type, height, startAt, awaitTransactions } = input
      return { type, now, height, startAt, awaitTransactions }
    }
    case 'timer-fired': {
      const { kind, height, round } = input.timer
      return { type: input.type, now, kind: timerKinds.indexOf(kind), height, round }
    }
    default:
      return { ...input, now }
  }
}

/** The input behind a record; the log of our own holds only what was verified before it was written. */
export function fromWalRecord(record: Exclude<WalRecord, { type: 'body' }>, tip: Tip, self: number | undefined): Input {
  switch (record.type) {
    case 'start-height': {
      const { type, height, startAt, awaitTransactions } = record
      const { validators, priorities, time } = tip
      return { type, height, validators, priorities, self, startAt, awaitTransactions, previousTime: time }
    }
    case 'timer-fired': {
      const { kind, height, round } = record
      return { type: record.type, timer: { kind: timerKinds[kind] as ConsensusTimer['kind'], height, round } }
    }
    case 'proposal':
    case 'proposal-signed':
      return { type: record.type, proposal: verifiedBefore(record.proposal) }
    case 'vote':
    case 'vote-signed':
      return { type: record.type, vote: verifiedBefore(record.vote) }
    case 'certificate':
      return { type: record.type, certificate: verifiedBefore(record.certificate) }
    case 'transactions-available':
      return { type: record.type }
    case 'block-built':
      return { type: record.type, round: record.round, block: record.block }
    case 'block-checked':
      return { type: record.type, blockHash: record.blockHash, valid: record.valid }
    default:
      return unreachable(record)
  }
}
