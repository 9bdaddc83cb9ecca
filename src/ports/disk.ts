import type { Bytes } from '../primitives/bytes.ts'
import type { Store } from './store.ts'

/**
 * One node's data directory. Names are plain (`wal`, `last-signed`), never paths. Formats, checksums and recovery belong to the
 * callers in `engine/`, so that they meet the simulator's torn writes and lost syncs like everything else.
 */
export interface Disk {
  /** An append-only file, created when absent. */
  openFile(name: string): Promise<AppendFile>
  /** A small file's content, or `undefined` when it does not exist. */
  readSmall(name: string): Promise<Bytes | undefined>
  /** Replaces a small file: when the promise resolves the new content is on disk; after a crash either the old or the new is there, whole. */
  writeSmall(name: string, content: Bytes): Promise<void>
  /** An ordered key-value store of its own. */
  openStore(name: string): Promise<Store>
}

export interface AppendFile {
  /** The whole content at the time of the call. */
  read(): Promise<Bytes>
  /** Queues bytes for the end of the file; they may be torn or lost by a crash until `sync` has resolved. */
  append(bytes: Bytes): void
  /** Resolves when everything appended so far is durable. Throws `OperationalError` DISK_FULL or DISK_FAILED. */
  sync(): Promise<void>
  /** Cuts the file to `length` bytes, durably. */
  truncate(length: number): Promise<void>
  close(): Promise<void>
}
