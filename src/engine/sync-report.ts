/** What a node found when it compared itself with its peers. */
export interface SyncReport {
  /** Wall-clock time, ms. */
  readonly at: number
  /** Peers that were asked, and of them those that answered. */
  readonly peers: number
  readonly answered: number
  /** Peers, or callers since the check before, whose genesis is another. */
  readonly strangers: number
  /** Nobody who was met shares this node's genesis, though somebody was met. */
  readonly alone: boolean
  /** What two thirds of the peers have reached. */
  readonly agreedHeight: number
  /** Where blocks were compared, or lower with a peer that is behind; with how many they are the same, and with how many they are not. */
  readonly comparedHeight: number
  readonly same: number
  readonly different: number
  /** The state's root is the one that the latest header promises. */
  readonly stateHolds: boolean
}
