/**
 * What the disk of a node holds, read without a node: for an operator before a rollback or after a crash. Each part is looked at by
 * itself, so that damage in one does not hide the others.
 */
import { transactionId, transactionsRoot } from '../chain/block.ts'
import { blockHash } from '../chain/header.ts'
import type { LastSigned } from '../chain/signing.ts'
import type { Hash } from '../crypto/hash.ts'
import { decodeBook } from '../peers/address-book/book-file.ts'
import type { Disk } from '../ports/disk.ts'
import type { Store } from '../ports/store.ts'
import { bytesEqual } from '../primitives/bytes.ts'
import { OperationalError } from '../primitives/operational-error.ts'
import { openBlockStore } from './block-store.ts'
import { readLastSigned } from './last-signed.ts'
import { type Rollback, readRollbacks } from './rollback.ts'
import { openStateStore, type StateStore } from './state-store.ts'
import { openWal } from './wal.ts'

export interface Inspection {
  readonly chain:
    | {
        readonly height: number
        readonly hash: Hash | undefined
        /** Of the newest block, ms. */
        readonly time: number | undefined
        readonly oldestBlock: number
        readonly newestBlock: number
        readonly stateRoot: Hash
        readonly stateKeys: number
        /** Heights at which the state can be read, in rising order: to these the node can be rolled back. */
        readonly stateVersions: readonly number[]
      }
    | undefined
  readonly log: { readonly records: number; readonly bytes: number; readonly tornBytes: number } | undefined
  readonly lastSigned: LastSigned | undefined
  readonly rollbacks: readonly Rollback[]
  readonly faults: readonly Fault[]
}

export interface Fault {
  readonly file: string
  readonly code: string
  readonly message: string
  readonly hint: string
}

/** @param everything reads every block and the whole newest state, and checks them against their hashes. */
export async function inspect(disk: Disk, options: { everything: boolean }): Promise<Inspection> {
  const faults: Fault[] = []
  const attempt = async <T>(file: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error
      faults.push({ file: error.where ?? file, code: error.code, message: error.message, hint: error.hint })
      return undefined
    }
  }
  const chain = await attempt('chain', async () => {
    const store = await disk.openStore('chain')
    try {
      return await inspectChain(store, options.everything, attempt)
    } finally {
      await store.close()
    }
  })
  const log = await attempt('wal', async () => {
    const { wal, records, cutBytes } = await openWal(disk, 'wal')
    return { records: records.length, bytes: wal.bytes, tornBytes: cutBytes }
  })
  const lastSigned = await attempt('last-signed', () => readLastSigned(disk))
  const rollbacks = (await attempt('rollbacks', () => readRollbacks(disk))) ?? []
  await attempt('address-book', () => inspectBook(disk))
  return { chain, log, lastSigned, rollbacks, faults }
}

type Attempt = <T>(file: string, work: () => Promise<T>) => Promise<T | undefined>

async function inspectChain(store: Store, everything: boolean, attempt: Attempt): Promise<Inspection['chain']> {
  const state = await openStateStore(store)
  const blocks = openBlockStore(store)
  const newestBlock = await blocks.newest()
  const tip = await attempt('chain', async () => {
    const final = blocks.read(state.version)
    if (final || state.version <= 0) return final
    throw new OperationalError('STORE_CORRUPT', `The state of height ${state.version} has no block.`)
  })
  await attempt('chain', async () => {
    if (!tip || bytesEqual(tip.block.header.appHash, state.root)) return
    throw new OperationalError('STORE_CORRUPT', `The state of height ${state.version} is not the one its header names.`)
  })
  if (everything) {
    for (let height = blocks.oldest; height <= newestBlock; height++) {
      await attempt('chain', async () => verifyBlock(blocks.read(height), height))
    }
    await attempt('chain', async () => verifyState(state))
  }
  return {
    height: state.version,
    hash: tip && blockHash(tip.block.header),
    time: tip?.block.header.time,
    oldestBlock: blocks.oldest,
    newestBlock,
    stateRoot: state.root,
    stateKeys: state.keys,
    stateVersions: state.kept(),
  }
}

type StoredBlock = ReturnType<ReturnType<typeof openBlockStore>['read']>

function verifyBlock(final: StoredBlock, height: number): void {
  if (!final) throw new OperationalError('STORE_CORRUPT', `The block of height ${height} is missing.`)
  const { header, transactions } = final.block
  const whole =
    header.height === height &&
    bytesEqual(blockHash(header), final.commit.blockHash) &&
    bytesEqual(transactionsRoot(transactions.map(transactionId)), header.transactionsRoot)
  if (!whole) throw new OperationalError('STORE_CORRUPT', `The block of height ${height} is not the one its commit names.`)
}

function verifyState(state: StateStore): void {
  const page = state.damagedPage()
  if (page === undefined) return
  throw new OperationalError('STORE_CORRUPT', `Page ${page} of the state of height ${state.version} is damaged.`)
}

async function inspectBook(disk: Disk): Promise<void> {
  const file = await disk.readSmall('address-book')
  if (!file || decodeBook(file, { now: 0, wall: 0 })) return
  const hint = 'Nothing needs to be done: the node sets it aside when it starts, and begins anew.'
  throw new OperationalError('STORE_CORRUPT', 'The address book is damaged.', { where: 'address-book', hint })
}
