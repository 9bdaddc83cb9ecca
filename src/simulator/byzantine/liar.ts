import type { ChainSpec } from '../../chain/chain-spec.ts'
import type { ChainId } from '../../chain/identifiers.ts'
import type { BlsKeypair } from '../../crypto/bls.ts'
import type { Ports } from '../../engine/ports.ts'
import type { Random } from '../random.ts'

/** What a liar is given: the production node's own ports, and the key it will abuse. */
export interface LiarContext {
  readonly ports: Ports
  readonly keypair: BlsKeypair
  readonly chainId: ChainId
  readonly spec: ChainSpec
  readonly random: Random
}

/** Stands between a production node and the world. The node itself does not know that it lies. */
export type Liar = (context: LiarContext) => Ports
