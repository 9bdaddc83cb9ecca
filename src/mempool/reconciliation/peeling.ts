/**
 * The other side of coded symbols: subtracts one's own sequence from the other's, and peels cells that hold a single item until all
 * are empty. What is left in the cells then is the difference of the sets. Whatever the other sends, the work is bounded by the number
 * of cells, and nonsense is told from a sequence that is merely too short.
 */
import { ok, type Result, reject } from '../../primitives/result.ts'
import { addToCell, advance, type Cells, checkOf, createCells, createCursors, createEncoder } from './coded-symbols.ts'
import { encodeShortId, type ShortIds, shortIdKey } from './short-id.ts'

export interface Peeling {
  /** Cells taken in so far. */
  readonly received: number
  /**
   * Takes the next cells of the other's sequence, at most as many as there is room for. `undefined`: more are needed. A rejection
   * (`RECONCILIATION_INVALID`): no set has this sequence, and nothing more is to be expected of it.
   */
  add(cells: Cells): Result<Difference | undefined>
}

export interface Difference {
  /** Encoded short ids of what the other has alone. */
  readonly theirs: readonly Uint8Array[]
  /** Positions, among one's own ids, of what the other lacks. */
  readonly ours: readonly number[]
}

/** @param symbolsMax cells after which the comparison is given up. */
export function createPeeling(own: ShortIds, symbolsMax: number): Peeling {
  const encoder = createEncoder(own)
  const positions = new Map<number, number>()
  for (let item = 0; item < own.low.length; item++)
    positions.set(shortIdKey(own.low[item] as number, own.high[item] as number), item)
  const left = createCells(symbolsMax)
  /** What was peeled: no more items than cells. */
  const peeled = { low: new Uint32Array(symbolsMax), high: new Uint32Array(symbolsMax), sign: new Int8Array(symbolsMax) }
  const cursors = createCursors(symbolsMax)
  const known = new Set<number>()
  const theirs: Uint8Array[] = []
  const ours: number[] = []
  let received = 0

  const isEmpty = (cell: number) =>
    left.count[cell] === 0 && left.low[cell] === 0 && left.high[cell] === 0 && left.check[cell] === 0

  const isPure = (cell: number) =>
    Math.abs(left.count[cell] as number) === 1 &&
    left.check[cell] === checkOf(left.low[cell] as number, left.high[cell] as number)

  /** Takes a peeled item out of the cells that have come since it was last here, and says in which it was. */
  function takeOut(item: number, touched: number[]): void {
    const low = peeled.low[item] as number
    const high = peeled.high[item] as number
    while ((cursors.next[item] as number) < received) {
      const cell = cursors.next[item] as number
      addToCell(left, cell, low, high, -(peeled.sign[item] as number))
      touched.push(cell)
      advance(cursors, item, low, high)
    }
  }

  /** Books what a pure cell holds. False when no honest sequence could hold it. */
  function book(cell: number): boolean {
    const low = left.low[cell] as number
    const high = left.high[cell] as number
    const sign = left.count[cell] as number
    const key = shortIdKey(low, high)
    const position = positions.get(key)
    if (known.has(key) || known.size === received || sign > 0 === (position !== undefined)) return false
    peeled.low[known.size] = low
    peeled.high[known.size] = high
    peeled.sign[known.size] = sign
    known.add(key)
    if (position === undefined) theirs.push(encodeShortId(low, high))
    else ours.push(position)
    return true
  }

  function subtractOwn(cells: Cells, from: number): void {
    const mine = encoder.cells(from, received)
    for (let index = 0; index < cells.low.length; index++) {
      left.low[from + index] = (cells.low[index] as number) ^ (mine.low[index] as number)
      left.high[from + index] = (cells.high[index] as number) ^ (mine.high[index] as number)
      left.check[from + index] = (cells.check[index] as number) ^ (mine.check[index] as number)
      left.count[from + index] = (((cells.count[index] as number) - (mine.count[index] as number)) << 16) >> 16
    }
  }

  return {
    get received() {
      return received
    },
    add(cells) {
      const from = received
      if (cells.low.length === 0 || from + cells.low.length > symbolsMax) return nonsense('a number of symbols not asked for')
      received += cells.low.length
      subtractOwn(cells, from)
      const waiting: number[] = []
      for (let item = 0; item < known.size; item++) takeOut(item, [])
      for (let cell = from; cell < received; cell++) waiting.push(cell)
      for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
        if (!isPure(cell)) continue
        if (!book(cell)) return nonsense('an item that cannot be there')
        takeOut(known.size - 1, waiting)
      }
      for (let cell = 0; cell < received; cell++) {
        if (isEmpty(cell)) continue
        // Everything is in cell 0: when it is empty nothing can be left elsewhere.
        return isEmpty(0) ? nonsense('symbols that do not add up') : ok(undefined)
      }
      return ok({ theirs, ours })
    },
  }
}

function nonsense(detail: string): Result<never> {
  return reject('RECONCILIATION_INVALID', detail)
}
