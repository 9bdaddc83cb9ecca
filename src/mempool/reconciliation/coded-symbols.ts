/**
 * Coded symbols of a rateless invertible Bloom lookup table (Yang, Gilad, Alizadeh: "Practical Rateless Set Reconciliation", 2024): an
 * endless sequence of cells, each the sum of some items of a set. Every item is in cell 0, and in cell *i* with probability
 * 1 / (1 + i/2). From a prefix of two sets' sequences, about 1.35 to 2 cells for each item in which the sets differ, the difference can
 * be told, however large the sets are. Spec: docs/spec/sync.md, "Meeting".
 */
import { assert } from '../../primitives/assert.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { ShortIds } from './short-id.ts'

/** Cells in columns: exclusive-or of ids and of their checks, and the number of items. */
export interface Cells {
  readonly low: Uint32Array
  readonly high: Uint32Array
  readonly check: Uint32Array
  readonly count: Int32Array
}

/** Eight bytes of ids, four of checks, two of the count modulo 2¹⁶. */
export const symbolBytes = 14

export function createCells(length: number): Cells {
  return {
    low: new Uint32Array(length),
    high: new Uint32Array(length),
    check: new Uint32Array(length),
    count: new Int32Array(length),
  }
}

/** Adds an item to a cell, `sign` times; taking it out is adding it −1 times. */
export function addToCell(cells: Cells, index: number, low: number, high: number, sign: number): void {
  cells.low[index] = (cells.low[index] as number) ^ low
  cells.high[index] = (cells.high[index] as number) ^ high
  cells.check[index] = (cells.check[index] as number) ^ checkOf(low, high)
  cells.count[index] = (cells.count[index] as number) + sign
}

/** Tells a cell with one item from a sum of several: not linear under exclusive-or. */
export function checkOf(low: number, high: number): number {
  return mix(low ^ mix(high ^ 0x9e37_79b9))
}

/** The finalizer of MurmurHash3, 32 bits. */
function mix(word: number): number {
  let mixed = word ^ (word >>> 16)
  mixed = Math.imul(mixed, 0x85eb_ca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2_ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Where an item stands in the sequence: the cells it is in, one after the other. Advanced in place. */
export interface Cursors {
  readonly state: Uint32Array
  readonly next: Float64Array
}

/** At the first cell each. */
export function createCursors(length: number): Cursors {
  return { state: new Uint32Array(length), next: new Float64Array(length) }
}

/**
 * Moves an item's cursor to its next cell. With a random word *r* the step from cell *i* is ⌈(i + 3/2) (2¹⁶ / √(r + 1) − 1)⌉, at least
 * 1; division and root are correctly rounded in IEEE 754, so everybody takes the same steps.
 */
export function advance(cursors: Cursors, item: number, low: number, high: number): void {
  const state = ((cursors.state[item] as number) + (high | 1)) >>> 0
  const next = cursors.next[item] as number
  cursors.state[item] = state
  cursors.next[item] = next + Math.max(1, Math.ceil((next + 1.5) * (65_536 / Math.sqrt(mix(state ^ low) + 1) - 1)))
}

/** The sequence of one set, made as far as it is asked for. */
export interface Encoder {
  /** Cells `from` to `to`, from where the last call ended. */
  cells(from: number, to: number): Cells
}

export function createEncoder(ids: ShortIds): Encoder {
  const cursors = createCursors(ids.low.length)
  let made = 0
  return {
    cells(from, to) {
      assert(from === made && to >= from, 'cells are made in sequence')
      made = to
      const cells = createCells(to - from)
      for (let item = 0; item < ids.low.length; item++) {
        const low = ids.low[item] as number
        const high = ids.high[item] as number
        while ((cursors.next[item] as number) < to) {
          addToCell(cells, (cursors.next[item] as number) - from, low, high, 1)
          advance(cursors, item, low, high)
        }
      }
      return cells
    },
  }
}

/** Cells as they travel. */
export function encodeCells(cells: Cells): Bytes {
  const encoded = new Uint8Array(cells.low.length * symbolBytes)
  const view = new DataView(encoded.buffer)
  for (let index = 0; index < cells.low.length; index++) {
    view.setUint32(index * symbolBytes, cells.low[index] as number)
    view.setUint32(index * symbolBytes + 4, cells.high[index] as number)
    view.setUint32(index * symbolBytes + 8, cells.check[index] as number)
    view.setUint16(index * symbolBytes + 12, (cells.count[index] as number) & 0xffff)
  }
  return encoded
}

/** The inverse; counts are those modulo 2¹⁶. `undefined` when the bytes are no whole number of cells. */
export function decodeCells(encoded: Bytes): Cells | undefined {
  if (encoded.length % symbolBytes !== 0) return undefined
  const cells = createCells(encoded.length / symbolBytes)
  const view = new DataView(encoded.buffer, encoded.byteOffset)
  for (let index = 0; index < cells.low.length; index++) {
    cells.low[index] = view.getUint32(index * symbolBytes)
    cells.high[index] = view.getUint32(index * symbolBytes + 4)
    cells.check[index] = view.getUint32(index * symbolBytes + 8)
    cells.count[index] = view.getUint16(index * symbolBytes + 12)
  }
  return cells
}
