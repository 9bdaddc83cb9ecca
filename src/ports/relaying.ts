import type { RelayLimits } from '../peers/relay-book.ts'

/**
 * Connections that lead through a third node (libp2p's circuit relay, version 2), and the direct ones that are made of them. What is
 * relayed is encrypted between its two ends: the relay sees how much, and not what. Peers are named by their ids.
 */
export interface Relaying {
  /** What peers may ask of this node as a relay from now on. `undefined`: nothing more; what runs goes on until it ends. */
  serve(limits: RelayLimits | undefined): void
  /**
   * Asks a connected peer, not itself a relayed one, to lead others here. Asking again renews. While it holds, the network's own
   * addresses include those through the relay. @param at where others can dial the relay.
   * Throws `OperationalError` RELAY_REFUSED when it does not, or answers nonsense.
   */
  reserve(relay: string, at: readonly string[]): Promise<Reservation>
  /** Whoever comes through this relay from now on is turned away. */
  release(relay: string): void
  /**
   * Makes a direct connection to a peer that is connected through a relay, by WebRTC, whose offers the relayed connection carries.
   * Resolves once it is the peer's connection. Throws `OperationalError` DIAL_FAILED.
   */
  traverse(peer: string, timeoutMs: number): Promise<void>
  /** What this node does for others. */
  usage(): RelayUsage
}

export interface Reservation {
  /** How long it holds. */
  readonly forMs: number
}

export interface RelayUsage {
  readonly reservations: number
  readonly circuits: number
  /** Led through since the start, both directions together. */
  readonly bytes: number
}
