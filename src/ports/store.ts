import type { Bytes } from '../primitives/bytes.ts'

/** An ordered key-value store with atomic batches. Keys sort as bytes. Returned arrays must not be modified. */
export interface Store {
  /** Synchronous, from cache or disk: execution reads state in the middle of a block. */
  get(key: Bytes): Bytes | undefined
  /** Entries with `from <= key < to`, in key order or reversed, at most `limit` of them. */
  range(query: RangeQuery): Promise<readonly StoreEntry[]>
  /** All or nothing. With `durable`, resolves only once the batch survives a power failure. */
  write(operations: readonly StoreOperation[], options: { durable: boolean }): Promise<void>
  /** Gives back the space of what was deleted of the keys `from <= key < to`, beside other work. Absent: it costs no space. */
  compact?(from: Bytes, to: Bytes): Promise<void>
  close(): Promise<void>
}

export interface RangeQuery {
  readonly from: Bytes
  readonly to: Bytes
  readonly limit: number
  readonly reverse?: boolean
}

export type StoreEntry = readonly [key: Bytes, value: Bytes]

/** A put, or with `undefined` a deletion. */
export type StoreOperation = readonly [key: Bytes, value: Bytes | undefined]
