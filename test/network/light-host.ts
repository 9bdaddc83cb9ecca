import { createLibp2pNetwork } from '../../src/adapters/libp2p/libp2p-network.ts'
import type { MadeChain } from '../../src/cli/bench/made-chain.ts'
import { decode, encode } from '../../src/codec/codec.ts'
import { sha256 } from '../../src/crypto/hash.ts'
import { lightBlockSchema, lightRequestSchema, validatorChangesSchema } from '../../src/light/light-block.ts'
import { type Hello, helloSchema, protocolVersions, visitCapability } from '../../src/peers/hello.ts'
import type { Network } from '../../src/ports/network.ts'
import { utf8 } from '../../src/primitives/bytes.ts'

/** A host on loopback that serves a made chain's light blocks to visitors, over the network that nodes use. */
export interface LightHost {
  /** Its WebSocket address. */
  readonly address: string
  /** What its visitors said. */
  readonly hellos: readonly Hello[]
  readonly requests: number
  /** Sends all visitors away. */
  endVisits(): void
  stop(): Promise<void>
}

export async function startLightHost(chain: MadeChain, more: Partial<Pick<Hello, 'chainId' | 'work'>> = {}): Promise<LightHost> {
  const network: Network = await createLibp2pNetwork({
    privateKeySeed: crypto.getRandomValues(new Uint8Array(32)),
    listen: ['/ip4/127.0.0.1/tcp/0/ws'],
    security: ['tls', 'noise'],
    chainTag: 'light',
    gossipChannels: [],
  })
  const hellos: Hello[] = []
  let requests = 0
  const said = (): Hello => ({
    chainId: chain.chainId,
    genesisRoot: sha256(utf8('genesis')),
    protocolMin: protocolVersions.min,
    protocolMax: protocolVersions.max,
    capabilities: ['light'],
    height: chain.heights,
    listenAddresses: [],
    agent: 'host',
    nonce: crypto.getRandomValues(new Uint8Array(32)),
    work: 0,
    grantsStake: false,
    stakeKey: undefined,
    extensions: [],
    ...more,
  })
  await network.start({
    hello: () => encode(helloSchema, said()),
    onHello(_peer, bytes) {
      const hello = decode(helloSchema, bytes.slice())
      if (!hello.ok || !hello.value.capabilities.includes(visitCapability)) return { accept: false, reason: 'no visitor' }
      hellos.push(hello.value)
      return more.work ? { proofWithinMs: 5000 } : { accept: true }
    },
    onProof: (_peer, proof) => (proof.length > 3 ? { accept: true } : { accept: false, reason: 'no proof' }),
    onConnected: () => undefined,
    onDisconnected: () => undefined,
    onMessage: () => undefined,
    onGossip: () => 'ignore',
    async *onRequest(_peer, protocol, message) {
      requests += 1
      const asked = decode(lightRequestSchema, message)
      if (protocol !== 'light' || !asked.ok || asked.value.type === 'state' || asked.value.type === 'transaction') return
      const { type, height } = asked.value
      if (type === 'changes') yield encode(validatorChangesSchema, { heights: [...chain.changesAbove(height)] })
      else if (height <= chain.heights) yield encode(lightBlockSchema, chain.lightBlock(height || chain.heights))
    },
    onMisbehaviour: (_peer, what) => {
      throw new Error(what)
    },
  })
  return {
    address: network.addresses()[0] as string,
    hellos,
    get requests() {
      return requests
    },
    endVisits() {
      for (const { id } of network.peers()) network.disconnect(id, 'the visit is too long')
    },
    stop: () => network.stop(),
  }
}
