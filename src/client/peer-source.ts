import type { Visit } from '../adapters/libp2p/visit.ts'
import { createVisitingPeer, type VisitingPeer } from '../adapters/libp2p/visiting-peer.ts'
import type { ChainId } from '../chain/identifiers.ts'
import { decode, encode } from '../codec/codec.ts'
import type { Infer } from '../codec/schema.ts'
import type { Hash } from '../crypto/hash.ts'
import {
  lightBlockSchema,
  lightRequestSchema,
  type ProvenState,
  type ProvenTransaction,
  provenStateSchema,
  provenTransactionSchema,
  validatorChangesSchema,
} from '../light/light-block.ts'
import type { LightProvider } from '../light/provider.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { type Result, reject } from '../primitives/result.ts'
import { ClientError } from './client-error.ts'

/**
 * Nodes that are asked over libp2p, without any HTTP: for what a light client needs, and for values of the state with their proofs. A
 * node is visited when there is something to ask, over WebSocket and Noise, in Node and in browsers. Nothing of it is believed.
 */
export interface PeerSources {
  /** @param address a multiaddr that ends in `/ws/p2p/<peer id>` or `/wss/p2p/<peer id>`. */
  at(address: string): PeerSource
  /** Ends all visits. */
  stop(): Promise<void>
}

export interface PeerSource extends LightProvider {
  /** What its latest state has under a key. Throws `ClientError` where it does not answer. */
  state(key: Bytes): Promise<ProvenState>
  /** A final transaction; `undefined` where it says that it has none. Throws `ClientError` likewise. */
  transaction(id: Bytes): Promise<ProvenTransaction | undefined>
}

const dialTimeoutMs = 15_000
const answerTimeoutMs = 10_000

export async function openPeerSources(options: {
  readonly chainId: ChainId
  /** What it calls itself to the nodes it asks. */
  readonly agent?: string
}): Promise<PeerSources> {
  const visitor = await createVisitingPeer({ chainId: options.chainId, agent: options.agent ?? 'synod-light' })
  return { at: (address) => sourceAt(visitor, address), stop: () => visitor.stop() }
}

function sourceAt(visitor: VisitingPeer, address: string): PeerSource {
  let visiting: Promise<Visit> | undefined

  /** Hosts end visits after a while: then the next question begins another. */
  async function visit(): Promise<Visit> {
    const current = visiting
    const known = await current?.catch(() => undefined)
    if (known && !known.isOver) return known
    // Of several that find it over, the first begins the next.
    if (visiting === current) visiting = visitor.visit(address, dialTimeoutMs)
    return visiting as Promise<Visit>
  }

  async function ask(request: Infer<typeof lightRequestSchema>): Promise<Bytes | undefined> {
    const [part] = await (await visit()).request(encode(lightRequestSchema, request), answerTimeoutMs)
    return part
  }

  function unanswered(cause: unknown): never {
    throw new ClientError('API_UNREACHABLE', `${address} does not answer`, 0, cause)
  }

  function readable<T>(told: Result<T>): T {
    if (told.ok) return told.value
    throw new ClientError('API_FAILED', `${address} answered in another shape than this client knows`, 200)
  }

  return {
    name: address,
    async lightBlock(height) {
      const part = await ask({ type: 'light-block', height: height === 'latest' ? 0 : height }).catch(() => undefined)
      return part ? decode(lightBlockSchema, part) : reject('LIGHT_NOT_HELD', `${address} has no light block of height ${height}`)
    },
    async changes(height) {
      const part = await ask({ type: 'changes', height }).catch(() => undefined)
      const told = part && decode(validatorChangesSchema, part)
      return told?.ok ? told.value.heights : []
    },
    async state(key) {
      const told = await ask({ type: 'state', key }).catch(unanswered)
      if (told) return readable(decode(provenStateSchema, told))
      throw new ClientError('API_FAILED', `${address} has no answer`, 200)
    },
    async transaction(id) {
      const told = await ask({ type: 'transaction', id: id as Hash }).catch(unanswered)
      return told && readable(decode(provenTransactionSchema, told))
    },
  }
}
