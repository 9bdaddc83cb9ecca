/** Nodes of the same chain on the local network, found without asking anybody outside of it. */
export interface Neighbourhood {
  /** Begins to look, and to be seen. Throws where the local network allows neither. */
  start(handlers: NeighbourhoodHandlers): Promise<void>
  stop(): Promise<void>
}

export interface NeighbourhoodHandlers {
  /** This node's own peer id. */
  readonly self: string
  /** Addresses of this node, with or without the peer id, asked whenever they are told. */
  addresses(): readonly string[]
  /** Somebody at the host, an IP address, says where it can be dialled: multiaddrs with peer ids. */
  onFound(addresses: readonly string[], host: string): void
}
