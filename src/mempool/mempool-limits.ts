/** What bounds a node's mempool. Each node chooses; the chain does not depend on it. */
export interface MempoolLimits {
  /** Waiting transactions, and their encoded bytes. */
  readonly transactions: number
  readonly bytes: number
  readonly perSender: number
  /** Waiting transactions that one peer brought. What clients brought to this node is not counted. */
  readonly perPeer: number
  /** How many ids of recent blocks' transactions are remembered. */
  readonly recent: number
}

export const defaultMempoolLimits: MempoolLimits = {
  transactions: 50_000,
  bytes: 32 << 20,
  perSender: 4096,
  perPeer: 25_000,
  recent: 100_000,
}
