/**
 * The shape of the gossip mesh, for each topic: what gossipsub keeps to, and what the simulation of ten thousand nodes is told. Eight
 * neighbours reach ten thousand nodes within six hops; twelve are the most that forwarding everything to them is worth.
 */
export const gossipMesh = {
  /** Neighbours a node wants (D), below which it looks for more (Dlo), and above which it lets some go (Dhi). */
  degree: 8,
  degreeLow: 6,
  degreeHigh: 12,
  /** Others who hear at each heartbeat what messages there are (Dlazy), and the part of all others when that is more. */
  lazy: 6,
  lazyPart: 0.25,
  heartbeatMs: 1000,
  /** Heartbeats for which a message is told of. */
  toldHeartbeats: 3,
} as const
export type GossipMesh = { readonly [Parameter in keyof typeof gossipMesh]: number }
