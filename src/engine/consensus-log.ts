import type { Application, DecodedTransaction } from '../application/application.ts'
import { type ProposedBlock, transactionId } from '../chain/block.ts'
import { blockHash } from '../chain/header.ts'
import { encode } from '../codec/codec.ts'
import type { Input } from '../consensus/tendermint/input.ts'
import type { Hash } from '../crypto/hash.ts'
import type { Disk } from '../ports/disk.ts'
import { assert } from '../primitives/assert.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import type { Tip } from './chain.ts'
import { decodeOwn } from './system-state.ts'
import { forgetWal, openWal } from './wal.ts'
import { fromWalRecord, toWalRecord, type WalRecord, walRecordSchema } from './wal-record.ts'

/** The consensus log of the height in progress: what the core was told, and the bodies of the blocks found good. */
export interface ConsensusLog {
  append(input: Input, now: number): void
  appendBody(height: number, blockHash: Hash, transactions: readonly DecodedTransaction[]): void
  /** Resolves when everything appended is durable. */
  sync(): Promise<void>
  /** Forgets the height that has just become final. */
  rotate(): Promise<void>
  /** What the log held of `height` when it was opened. */
  recovered(height: number, tip: Tip, self: number | undefined): Recovered
  close(): Promise<void>
}

export interface Recovered {
  readonly inputs: readonly { readonly input: Input; readonly now: number }[]
  readonly bodies: readonly {
    readonly block: ProposedBlock
    readonly hash: Hash
    readonly transactions: readonly DecodedTransaction[]
  }[]
}

const fileName = 'wal'

export async function openConsensusLog(disk: Disk, application: Application): Promise<ConsensusLog> {
  const { wal, records } = await openWal(disk, fileName)
  const recoveredRecords = records.map((record) => decodeOwn(walRecordSchema, record))
  const write = (record: WalRecord) => wal.append(encode(walRecordSchema, record))

  return {
    append: (input, now) => write(toWalRecord(input, now)),
    appendBody(height, hash, transactions) {
      write({ type: 'body', height, blockHash: hash, transactions: transactions.map((transaction) => transaction.encoded) })
    },
    sync: () => wal.sync(),
    rotate: () => wal.rotate(),
    recovered: (height, tip, self) => recover(recoveredRecords, application, { height, tip, self }),
    close: () => wal.close(),
  }
}

/** Forgets what the log holds of heights that are taken back: replayed, it would decide them again. The last-signed record guards the key. */
export function forgetConsensusLog(disk: Disk): Promise<void> {
  return forgetWal(disk, fileName)
}

/** The records from the last beginning of the height on; none when the log is of another height. */
function recover(
  records: readonly WalRecord[],
  application: Application,
  { height, tip, self }: { height: number; tip: Tip; self: number | undefined },
): Recovered {
  const start = records.findLastIndex((record) => record.type === 'start-height' && record.height === height)
  const relevant = start < 0 ? [] : records.slice(start)
  const inputs = relevant.flatMap((record) =>
    record.type === 'body' ? [] : [{ input: fromWalRecord(record, tip, self), now: record.now }],
  )
  const blocks = inputs.flatMap(({ input }) => {
    if (input.type === 'proposal') return [input.proposal.block]
    return input.type === 'block-built' ? [input.block] : []
  })
  const bodies = relevant.flatMap((record) => {
    if (record.type !== 'body') return []
    const block = blocks.find((candidate) => bytesEqual(blockHash(candidate.header), record.blockHash))
    if (!block) return []
    return [
      { block, hash: record.blockHash, transactions: record.transactions.map((encoded) => decodeKept(application, encoded)) },
    ]
  })
  return { inputs, bodies }
}

function decodeKept(application: Application, encoded: Uint8Array): DecodedTransaction {
  const decoded = application.decodeTransaction(encoded)
  assert(decoded.ok, 'a transaction of our own log does not decode')
  return { ...decoded.value, id: transactionId(encoded), encoded }
}
