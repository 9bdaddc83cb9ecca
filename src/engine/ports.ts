import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { Entropy } from '../ports/entropy.ts'
import type { Gateway } from '../ports/gateway.ts'
import type { Identity } from '../ports/identity.ts'
import type { Neighbourhood } from '../ports/neighbourhood.ts'
import type { Network } from '../ports/network.ts'
import type { Resolver } from '../ports/resolver.ts'
import type { Signer } from '../ports/signer.ts'
import type { Stun } from '../ports/stun.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Verifier } from '../ports/verifier.ts'
import type { Vitals } from '../ports/vitals.ts'

/** All that ties a node to the world. Production, tests and the simulator differ in nothing else. */
export interface Ports {
  readonly clock: Clock
  readonly entropy: Entropy
  readonly disk: Disk
  readonly network: Network
  readonly verifier: Verifier
  readonly telemetry: Telemetry
  /** Ways to ask the domain name system, each of which is asked. Absent: DNS seeds are not. */
  readonly resolvers?: readonly Resolver[]
  /** Absent: nobody is looked for on the local network. */
  readonly neighbourhood?: Neighbourhood
  /** Absent: the node signs nothing as a peer, and takes nobody's word for being one. */
  readonly identity?: Identity
  /** Absent: no port is mapped. */
  readonly gateway?: Gateway
  /** Absent: no STUN server is asked. */
  readonly stun?: Stun
  /** Absent: the node does not look after its memory. */
  readonly vitals?: Vitals
  /** Absent: the node follows and serves, and never votes. */
  readonly signer?: Signer
}
