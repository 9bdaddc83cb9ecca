import { decode, encode } from '../codec/codec.ts'
import type { Ed25519Keypair } from '../crypto/ed25519.ts'
import {
  checkHello,
  checkWorkAsked,
  commonVersion,
  type Hello,
  helloSchema,
  owesProof,
  protocolVersions,
} from '../peers/hello.ts'
import type { LoadLevel } from '../peers/resource-manager.ts'
import type { GreetedConnection, HelloVerdict, NetworkHandlers, PeerId } from '../ports/network.ts'
import { assert } from '../primitives/assert.ts'
import { createBoundedMap } from '../primitives/bounded-map.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { Rejection } from '../primitives/result.ts'
import type { Chain } from './chain.ts'
import { createConnectionLoadWatch } from './connection-load.ts'
import { dialBackWith, observationOf, readExtensions } from './hello-extensions.ts'
import { createHelloProofs } from './hello-proofs.ts'
import { createHelloProver } from './hello-prover.ts'
import { createOpenGreetings, greetingsMax, type OpenGreetings } from './open-greetings.ts'
import type { OwnAddresses } from './own-addresses.ts'
import type { Ports } from './ports.ts'
import type { StakeSlots } from './stake-slots.ts'

/** Says hello, remembers who said what, proves what it is asked for, and judges what others prove. */
export interface Handshake {
  readonly handlers: Required<Pick<NetworkHandlers, 'hello' | 'onHello' | 'prove' | 'onProof'>>
  /** What a peer is told that asks for news: a hello outside of any greeting. */
  status(): Bytes
  /** The hello of a connection that shows this nonce, and is for nothing else. */
  dialBack(nonce: Bytes): Bytes
  of(peer: PeerId): Hello | undefined
  /** The protocol version to speak with a peer: the highest that both know. */
  negotiated(peer: PeerId): number
  isStaked(peer: PeerId): boolean
  /** Both sides accepted: only now is what the peer said kept for longer than its greeting. */
  established(peer: PeerId, connectionId: number): void
  /** A connection to the peer is over. What was said on a later one, which took its place, stays. */
  forget(peer: PeerId, connectionId: number): void
  /** A connection that the other side dialled is over. */
  ended(connectionId: number): void
}

export interface HandshakeOptions {
  readonly ports: Ports
  readonly chain: Chain
  /** What this node says of where it can be dialled. */
  readonly ownAddresses: Pick<OwnAddresses, 'announced'>
  readonly agent: string
  readonly validator: boolean
  /** The newest protocol version this node speaks; the code's own unless given. */
  readonly protocolVersionMax?: number | undefined
  /** Delegated on chain: proves to others whose stake this node speaks for. */
  readonly networkKey?: Ed25519Keypair | undefined
  readonly isWelcome: (peer: PeerId) => boolean
  /** The operator lets it in, whatever it can prove. */
  readonly isAllowed: (peer: PeerId, host: string) => boolean
  /** While this node does not know the latest state, it knows nobody's stake. */
  readonly isSynced: () => boolean
  readonly slots: StakeSlots
  /** Work for this peer begins. */
  readonly onWork: (peer: PeerId) => void
  /** How strained this node is. */
  readonly level: () => LoadLevel
  /** What this node can do, besides what every node can, as a hello on this connection says. */
  readonly capabilities?: (peer: PeerId, connection: GreetedConnection) => readonly string[]
  readonly onRejection: (peer: PeerId, rejection: Rejection) => void
  /** A peer dialled to show that it can, and shows the nonce that it was given. */
  readonly onDialBack: (peer: PeerId, nonce: Bytes) => void
  /** A peer that this node dialled says at which IP address it sees it. */
  readonly onObserved: (observer: GreetedConnection, host: string) => void
}

const proofWithinMs = 10_000
const asksNothing = { nonce: new Uint8Array(32), work: 0, grantsStake: false }

/** What a peer said last, and on which connection. */
interface Accepted {
  readonly hello: Hello
  readonly connectionId: number
}

export function createHandshake(options: HandshakeOptions): Handshake {
  const { chain, networkKey, slots, protocolVersionMax: versionMax = protocolVersions.max } = options
  const { entropy, network, telemetry } = options.ports
  const accepted = createBoundedMap<PeerId, Accepted>(greetingsMax)
  const greetings = createOpenGreetings()
  const prover = createHelloProver({ ports: options.ports, chainId: chain.chainId, networkKey, slots, onWork: options.onWork })
  const load = createConnectionLoadWatch(options.ports)
  const proofs = createHelloProofs({ chainId: chain.chainId, self: network.self, slots })

  const helloWith = (asked: Asked, more?: readonly string[]) => ownHello(options, versionMax, asked, more)

  /** Whom this node dialled it asks for nothing, nor whom its operator lets in. */
  function workAskedOf(peer: PeerId, { host, direction }: GreetedConnection): number {
    if (direction === 'outbound' || options.isAllowed(peer, host)) return 0
    return load.onStranger(greetings.pending, options.level())
  }

  /** Anybody can make this happen as often as they like, so it is counted and not told; the stranger's own log has the details. */
  function refuse(peer: PeerId, { id }: GreetedConnection, rejection: Rejection): HelloVerdict {
    greetings.close(id)
    telemetry.count('synod_peers_refused_total', 1, { code: rejection.code })
    telemetry.log('debug', 'peer turned away', { peer, code: rejection.code })
    options.onRejection(peer, rejection)
    return { accept: false, reason: [rejection.code, rejection.detail].filter((part) => part !== '').join(': ') }
  }

  const handlers: Handshake['handlers'] = {
    hello(peer, connection) {
      const asked = { work: workAskedOf(peer, connection), grantsStake: options.isSynced() }
      const extensions = observationOf(connection)
      const more = options.capabilities?.(peer, connection)
      const said = helloWith({ nonce: entropy.bytes(32), ...asked, extensions }, more)
      greetings.open(connection, said)
      return encode(helloSchema, said)
    },
    onHello(peer, bytes, connection) {
      if (!options.isWelcome(peer)) return refuse(peer, connection, { code: 'HELLO_UNWELCOME', detail: '' })
      // A hello is kept as long as its connection, longer than the buffer in which it came should be.
      const decoded = decode(helloSchema, bytes.slice())
      if (!decoded.ok) return refuse(peer, connection, { ...decoded.error, detail: '' })
      const hello = decoded.value
      const checked = checkHello(hello, chain, versionMax)
      const fit = checked.ok ? checkWorkAsked(hello.work, connection.direction) : checked
      if (!fit.ok) return refuse(peer, connection, fit.error)
      const { dialBack, observed } = readExtensions(hello)
      if (dialBack) {
        greetings.close(connection.id)
        if (connection.direction === 'inbound') options.onDialBack(peer, dialBack)
        return { accept: false, reason: 'reached' }
      }
      if (observed !== undefined && connection.direction === 'outbound') options.onObserved(connection, observed)
      const greeting = greetings.of(connection.id)
      assert(greeting, 'a node says hello before it listens to one')
      greeting.heard = { ...hello, extensions: [] }
      return owesProof(hello, greeting.said) ? { proofWithinMs } : accept(greetings, connection)
    },
    prove(peer, _hello, { id }) {
      const { said, heard } = greetings.of(id) ?? {}
      return said && heard && prover(peer, said, heard)
    },
    onProof(peer, bytes, connection) {
      const greeting = greetings.of(connection.id)
      if (!greeting?.heard) return refuse(peer, connection, { code: 'HELLO_PROOF_MALFORMED', detail: 'no hello before it' })
      const judged = proofs.judge(peer, bytes.slice(), greeting.said, greeting.heard)
      return judged.ok ? accept(greetings, connection) : refuse(peer, connection, judged.error)
    },
  }

  return {
    handlers,
    status: () => encode(helloSchema, helloWith({ ...asksNothing, extensions: [] })),
    dialBack: (nonce) => encode(helloSchema, helloWith({ ...asksNothing, extensions: dialBackWith(nonce) })),
    of: (peer) => accepted.get(peer)?.hello,
    negotiated: (peer) => commonVersion(accepted.get(peer)?.hello, versionMax),
    isStaked: slots.isStaked,
    established(peer, connectionId) {
      const { heard } = greetings.of(connectionId) ?? {}
      if (heard) accepted.set(peer, { hello: heard, connectionId })
      greetings.close(connectionId)
    },
    forget(peer, connectionId) {
      if (accepted.peek(peer)?.connectionId !== connectionId) return
      accepted.delete(peer)
      slots.release(peer)
    },
    ended: greetings.close,
  }
}

function accept(greetings: OpenGreetings, { id }: GreetedConnection): HelloVerdict {
  greetings.settle(id)
  return { accept: true }
}

type Asked = Pick<Hello, 'nonce' | 'work' | 'grantsStake' | 'extensions'>

function ownHello(
  { chain, agent, networkKey, ownAddresses, ...options }: HandshakeOptions,
  versionMax: number,
  asked: Asked,
  more: readonly string[] = [],
): Hello {
  return {
    chainId: chain.chainId,
    genesisRoot: chain.genesisRoot,
    protocolMin: protocolVersions.min,
    protocolMax: versionMax,
    capabilities: [...(options.validator ? ['block-sync', 'validator'] : ['block-sync']), ...more],
    height: chain.tip().height,
    listenAddresses: ownAddresses.announced(),
    agent,
    ...asked,
    stakeKey: networkKey?.publicKey,
  }
}
