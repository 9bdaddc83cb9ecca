/**
 * Sees from outside what validators sign: a node without a validator key, of production parts, whose network port tells of every
 * consensus message before the node itself looks at it. Each validator may sign one thing at one place (height, round, kind), whatever
 * crashes it went through; a signature that does not hold proves nothing and is not counted.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileDisk } from '../../../src/adapters/file/file-disk.ts'
import { openLevelStore } from '../../../src/adapters/level/level-store.ts'
import { createLibp2pNetwork } from '../../../src/adapters/libp2p/libp2p-network.ts'
import { createSystemClock } from '../../../src/adapters/system/system-clock.ts'
import { systemEntropy } from '../../../src/adapters/system/system-entropy.ts'
import { createSystemVerifier } from '../../../src/adapters/system/system-verifier.ts'
import { consensusMessageSchema } from '../../../src/chain/consensus-message.ts'
import { proposalSignBytes } from '../../../src/chain/proposal.ts'
import { voteSignBytes } from '../../../src/chain/vote.ts'
import { decode } from '../../../src/codec/codec.ts'
import { blsVerify } from '../../../src/crypto/bls.ts'
import { assemble } from '../../../src/engine/assemble.ts'
import type { SynodNode } from '../../../src/engine/synod-node.ts'
import { defaultBatchPoolLimits } from '../../../src/mempool/batch-pool.ts'
import { defaultConnectionLimits } from '../../../src/peers/connection-limits.ts'
import type { Network } from '../../../src/ports/network.ts'
import { silence } from '../../../src/ports/telemetry.ts'
import { type Bytes, toHex } from '../../../src/primitives/bytes.ts'
import type { LocalNetwork } from './local-network.ts'
import { until } from './until.ts'

export interface SigningWitness {
  readonly node: SynodNode
  /** How many different signatures of validators it has seen and found good. */
  readonly seen: number
  /** In words: who signed what twice, and what evidence stands in blocks. Empty while all are honest. */
  readonly accusations: readonly string[]
  /** Votes and proposals of one validator, as `height/round/kind`. */
  placesOf(validator: number): readonly string[]
  /** Resolves when it is connected to every validator again, as soon as they answer. */
  meetAgain(): Promise<void>
  stop(): Promise<void>
}

export async function startSigningWitness(network: LocalNetwork): Promise<SigningWitness> {
  const { chain, trust } = network
  const directory = await mkdtemp(join(tmpdir(), 'synod-witness-'))
  const signed = new Map<string, string>()
  const accusations: string[] = []
  const peers = await Promise.all(network.nodes.map(async ({ client }) => (await client.status()).addresses[0] ?? ''))

  function note(validator: number, place: string, signBytes: Bytes, signature: Bytes): void {
    const key = `${validator} ${place}`
    const what = toHex(signBytes)
    const before = signed.get(key)
    if (before === what) return
    const publicKey = trust.validators.validators[validator]?.consensusKey
    if (!publicKey || !blsVerify(publicKey, signBytes, signature)) return
    if (before === undefined) signed.set(key, what)
    else accusations.push(`validator ${validator} signed ${before} and ${what} at ${place}`)
  }

  function hear(bytes: Bytes): void {
    const decoded = decode(consensusMessageSchema, bytes)
    if (!decoded.ok) return
    const message = decoded.value
    if (message.type === 'vote') {
      const { vote, validator, signature } = message.vote
      note(validator, `${vote.height}/${vote.round}/${vote.kind}`, voteSignBytes(trust.chainId, vote), signature)
    }
    if (message.type === 'proposal') {
      const { proposal, signature } = message.proposal
      const signBytes = proposalSignBytes(trust.chainId, proposal)
      // Only one of them may propose there: whoever's key the signature fits is the proposer.
      for (const validator of trust.validators.validators.keys()) {
        note(validator, `${proposal.height}/${proposal.round}/0`, signBytes, signature)
      }
    }
  }

  const verifier = createSystemVerifier({ workers: 0 })
  const libp2p = await createLibp2pNetwork({
    privateKeySeed: systemEntropy.bytes(32),
    listen: [],
    security: ['tls', 'noise'],
    chainTag: toHex(chain.chainId).slice(0, 16),
  })
  const disk = await openFileDisk({ directory, openStore: openLevelStore })
  const node = await assemble(
    { clock: createSystemClock(), entropy: systemEntropy, disk, network: overheard(libp2p, hear), verifier, telemetry: silence },
    {
      spec: chain.spec,
      application: chain.application,
      peers,
      mempool: { transactions: 1000, bytes: 1 << 22, perSender: 1000, perPeer: 1000, recent: 1000 },
      batchPool: defaultBatchPoolLimits,
      connections: defaultConnectionLimits,
      access: { allow: [], deny: [] },
      stateVersionsKept: 10,
      doppelgangerWaitMs: 0,
      agent: 'synod-e2e',
    },
  )
  node.subscribe((event) => {
    if (event.type === 'block' && event.block.evidence.length > 0)
      accusations.push(`evidence in block ${event.block.header.height}`)
  })
  return {
    node,
    get seen() {
      return signed.size
    },
    accusations,
    placesOf: (validator) =>
      [...signed.keys()].filter((key) => key.startsWith(`${validator} `)).map((key) => key.split(' ')[1] ?? ''),
    async meetAgain() {
      await Promise.all(peers.map((address) => until(`the witness meets ${address}`, () => node.connect(address))))
    },
    async stop() {
      await node.stop()
      await verifier.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The same network, with somebody listening in on its consensus channel. */
function overheard(network: Network, hear: (message: Bytes) => void): Network {
  return {
    ...network,
    start: (handlers) =>
      network.start({
        ...handlers,
        onMessage(peer, channel, message) {
          if (channel === 'consensus') hear(message)
          handlers.onMessage(peer, channel, message)
        },
      }),
  }
}
