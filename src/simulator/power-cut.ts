/** The power of one node fails, and comes back a little later. */
export interface PowerCut {
  /** Index of the validator. */
  readonly node: number
  /** Which of the writes to its disk, counted from 1: the trace tells them. */
  readonly write: number
  /** Just before the write takes effect, or just after. */
  readonly moment: 'before' | 'after'
}
