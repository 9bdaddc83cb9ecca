/** What the machine says of the process that a node runs in. */
export interface Vitals {
  /** Memory that the process holds, and what it may hold, in bytes. */
  memory(): { readonly usedBytes: number; readonly limitBytes: number }
}
