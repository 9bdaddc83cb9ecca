import type { ChainId } from '../chain/identifiers.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Hash } from '../crypto/hash.ts'
import {
  type ConsistentBlock,
  type LightBlock,
  lightBlockSchema,
  lightRequestSchema,
  validatorChangesSchema,
} from '../light/light-block.ts'
import { createLightClient, type LightFailure, trustRoot } from '../light/light-client.ts'
import type { LightProvider } from '../light/provider.ts'
import { oneThird, type TrustRules } from '../light/trust.ts'
import { createTrustStore } from '../light/trust-store.ts'
import type { PeerId } from '../ports/network.ts'
import { type Rejection, type Result, reject } from '../primitives/result.ts'
import type { Ports } from './ports.ts'

/** What an operator trusts in, got from somebody it trusts: a block by height and hash, and for how long it convinces. */
export interface LightTrust {
  readonly height: number
  readonly hash: Hash
  readonly periodMs: number
}

/** How far the clocks of proposers and of this node may stand apart. */
const clockDriftMs = 10_000
/** Peers asked of one height, the first and its witnesses. */
const peersMax = 4
const timeoutMs = 5000

export interface PeerLightClient {
  /** The block of a height, or the latest there is, once it is known to be the chain's. A fork comes with what proves it. */
  verifiedHeader(height: number | 'latest'): Promise<Result<ConsistentBlock, LightFailure>>
}

/**
 * Blocks of the chain, verified by the light client from a trusted one, over the peers there are: what a node believes before it has a
 * state. The peers may be others with every call.
 */
export function createPeerLightClient(options: {
  ports: Ports
  chainId: ChainId
  trust: LightTrust
  /** Whether a peer answers requests for light blocks: its hello says so. */
  serves: (peer: PeerId) => boolean
  onRejection: (peer: PeerId, rejection: Rejection) => void
}): PeerLightClient {
  const { ports, chainId, trust } = options
  const rules: TrustRules = { chainId, level: oneThird, periodMs: trust.periodMs, clockDriftMs }
  const store = createTrustStore()

  return {
    async verifiedHeader(height) {
      const serving = ports.network.peers().filter(({ id }) => options.serves(id))
      const peers = serving.slice(0, peersMax)
      if (peers.length === 0) return reject('LIGHT_NOT_HELD', 'no peers')
      const providers = peers.map(({ id }) => peerProvider(ports, id))
      if (!store.newest()) {
        const root = await trustRoot(providers, rules, trust)
        if (!root.ok) return root
        store.add(root.value)
      }
      const client = createLightClient({
        rules,
        store,
        providers,
        checkBls: ports.verifier.bls,
        now: ports.clock.now,
        onFalse: ({ name }, rejection) => options.onRejection(name, rejection),
      })
      return height === 'latest' ? client.latest() : client.verified(height)
    },
  }
}

function peerProvider(ports: Pick<Ports, 'network'>, peer: PeerId): LightProvider {
  return {
    name: peer,
    lightBlock: (height) => peerLightBlock(ports, peer, height),
    changes: (height) => peerChanges(ports, peer, height),
  }
}

/** None where the peer does not answer. */
async function peerChanges({ network }: Pick<Ports, 'network'>, peer: PeerId, height: number): Promise<readonly number[]> {
  const asked = encode(lightRequestSchema, { type: 'changes', height })
  try {
    for await (const part of network.request(peer, 'light', asked, { timeoutMs })) {
      const told = decode(validatorChangesSchema, part)
      return told.ok ? told.value.heights : []
    }
  } catch {
    return []
  }
  return []
}

/** A peer's light block over a request: LIGHT_NOT_HELD when it has none, or does not answer. */
export async function peerLightBlock(
  { network }: Pick<Ports, 'network'>,
  peer: PeerId,
  height: number | 'latest',
): Promise<Result<LightBlock>> {
  const asked = encode(lightRequestSchema, { type: 'light-block', height: height === 'latest' ? 0 : height })
  try {
    // What is kept of an answer outlives the buffer in which it came.
    for await (const part of network.request(peer, 'light', asked, { timeoutMs })) return decode(lightBlockSchema, part.slice())
  } catch {
    return reject('LIGHT_NOT_HELD', 'the peer did not answer')
  }
  return reject('LIGHT_NOT_HELD', `height ${height}`)
}
