import type { Bytes } from '../primitives/bytes.ts'

/**
 * State as an application sees it: an ordered nothing, a map from byte strings to byte strings. Keys whose first byte is 0 belong to
 * the node itself (validators, proposer priorities, parameters).
 */
export interface StateReader {
  get(key: Bytes): Bytes | undefined
}

export interface StateWriter extends StateReader {
  set(key: Bytes, value: Bytes): void
  delete(key: Bytes): void
}

/** Changes on top of a base, seen by whoever reads through it and dropped unless somebody commits them. */
export interface StateOverlay extends StateWriter {
  /** Runs `body`; keeps what it wrote when it returns true, forgets it otherwise. May nest. */
  attempt(body: () => boolean): boolean
  /** Everything written so far, each key once, sorted by key; `undefined` deletes. */
  changes(): readonly StateChange[]
}

export type StateChange = readonly [key: Bytes, value: Bytes | undefined]
