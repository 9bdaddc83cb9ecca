import { refusal } from '../peers/refusal.ts'
import type { Channel, NetworkHandlers, PeerId, PeerInfo, RequestProtocol, Verdict } from '../ports/network.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Bytes } from '../primitives/bytes.ts'
import type { AddressExchange } from './address-exchange.ts'
import type { BatchExchange } from './batch-exchange.ts'
import type { BlockAnnouncements } from './block-announcements.ts'
import { serveBlocks, serveHeaders } from './block-server.ts'
import type { BlockSync } from './block-sync.ts'
import type { Chain } from './chain.ts'
import type { ConnectionKeeper } from './connection-keeper.ts'
import type { ConsensusGossip } from './consensus-gossip.ts'
import type { Directory } from './directory.ts'
import type { EvidenceDesk } from './evidence-desk.ts'
import type { Handshake } from './handshake.ts'
import type { InboundDesk } from './inbound-desk.ts'
import type { LightServer } from './light-server.ts'
import type { NodeEvents } from './node-events.ts'
import type { PeerBudgetDesk } from './peer-budgets.ts'
import type { PeerJudge } from './peer-judge.ts'
import type { PeerLists } from './peer-lists.ts'
import type { PeerRegister } from './peer-register.ts'
import type { Ports } from './ports.ts'
import type { ReachServer } from './reach-server.ts'
import { requestRejectionOf } from './request-rejection.ts'
import type { SigningWatch } from './signing-watch.ts'
import type { SnapshotServer } from './snapshot-server.ts'
import type { PeerStatus } from './synod-node.ts'
import { createVisitDesk } from './visit-desk.ts'
import type { Visits } from './visits.ts'

/** Where everything from and about peers arrives, and is handed to the room that knows what to do with it. */
export interface PeerDesk {
  readonly handlers: NetworkHandlers
  peers(): readonly PeerStatus[]
}

export interface PeerDeskOptions {
  readonly ports: Ports
  readonly chain: Chain
  readonly events: NodeEvents
  readonly register: PeerRegister
  readonly judge: PeerJudge
  readonly budgets: PeerBudgetDesk
  readonly exchange: BatchExchange
  readonly gossip: ConsensusGossip
  readonly announcements: BlockAnnouncements
  readonly evidenceDesk: EvidenceDesk
  readonly sync: BlockSync
  readonly handshake: Handshake
  readonly lists: PeerLists
  readonly keeper: ConnectionKeeper
  readonly addresses: AddressExchange
  readonly watch: SigningWatch
  readonly inbound: InboundDesk
  readonly visits: Visits
  readonly directory: Directory | undefined
  readonly reachServer: ReachServer
  readonly lightServer: LightServer
  readonly snapshots: SnapshotServer
}

/** What those may ask who are nobody's peers: each answer is proved, or checked by asking others. */
const servedToVisits: ReadonlySet<RequestProtocol> = new Set<RequestProtocol>(['dht', 'status', 'light'])

export function createPeerDesk(options: PeerDeskOptions): PeerDesk {
  const { ports, events, judge, exchange, gossip, announcements, evidenceDesk, sync, handshake } = options
  const { register, budgets, lists, addresses, keeper, watch, inbound, visits, directory } = options
  const { network, telemetry } = ports
  const visitDesk = createVisitDesk(options)

  function onGossip(peer: PeerId, channel: Channel, message: Bytes): Verdict | Promise<Verdict> {
    telemetry.count('synod_messages_total', 1, { channel })
    if (!budgets.admitsGossip(peer, channel, message.length)) return 'ignore'
    if (channel === 'evidence') return judged(evidenceDesk.onGossip(peer, message), telemetry)
    return channel === 'blocks' ? judged(announcements.onGossip(peer, message), telemetry) : 'ignore'
  }

  /** A request that cannot be read is the requester's fault, like any other message. */
  async function* serve(peer: PeerId, protocol: RequestProtocol, message: Bytes): AsyncGenerator<Bytes> {
    if (visits.isVisit(peer) && !servedToVisits.has(protocol)) throw refusal('REQUEST_UNSUPPORTED', 'this is a visit')
    try {
      yield* budgets.serve(peer, protocol, message, () => answer(options, peer, protocol, message))
    } catch (error) {
      const rejection = requestRejectionOf(error)
      if (rejection) judge.reject(peer, rejection)
      throw error
    }
  }

  const handlers: NetworkHandlers = {
    ...handshake.handlers,
    ...doorOf(inbound, handshake),
    onConnected(peer: PeerInfo) {
      handshake.established(peer.id, peer.connectionId)
      if (visits.met(peer, handshake.of(peer.id))) return visitDesk.met(peer)
      register.meet(peer)
      if (!inbound.meet(peer)) return
      countPeers(ports)
      budgets.meet(peer.id)
      telemetry.log('info', 'peer connected', { peer: peer.id, direction: peer.direction, protection: peer.protection })
      events.emit({ type: 'peer-connected', peer })
      addresses.met(peer, handshake.of(peer.id)?.listenAddresses ?? [])
      exchange.greet(peer)
      lists.met()
      const hello = handshake.of(peer.id)
      sync.meet(peer.id, hello?.height ?? 0, hello?.capabilities.includes('block-sync') ?? false)
      watch.judge()
      directory?.met(peer, handshake.of(peer.id))
    },
    onDisconnected(peer: PeerInfo, reason) {
      if (visits.parted(peer)) return visitDesk.parted(peer, reason)
      countPeers(ports)
      register.part(peer.id)
      inbound.part(peer)
      budgets.leave(peer.id)
      telemetry.log('info', 'peer disconnected', { peer: peer.id, reason })
      events.emit({ type: 'peer-disconnected', peer, reason })
      handshake.forget(peer.id, peer.connectionId)
      for (const room of [sync, gossip, exchange, addresses, lists]) room.forget(peer.id)
      keeper.lost(peer.id)
    },
    onMessage(peer, channel, message) {
      telemetry.count('synod_messages_total', 1, { channel })
      if (visits.isVisit(peer)) return
      if (!budgets.admits(peer, channel, message.length)) return
      if (channel === 'consensus') gossip.onMessage(peer, message)
      else if (channel === 'batches') exchange.onMessage(peer, message)
      else if (channel === 'peers') onPeersMessage(options, peer, message)
    },
    onGossip,
    onGossipControl: (_peer, outcome) => telemetry.count('synod_gossip_control_total', 1, { outcome }),
    onRequest: serve,
    onMisbehaviour: judge.misbehaved,
  }

  return {
    handlers,
    peers: () =>
      network.peers().map((peer) => ({
        ...peer,
        height: sync.heightOf(peer.id),
        agent: handshake.of(peer.id)?.agent ?? '',
        standing: judge.standing(peer.id),
        staked: handshake.isStaked(peer.id),
      })),
  }
}

function countPeers({ network, telemetry }: Ports): void {
  const peers = network.peers()
  for (const direction of ['inbound', 'outbound'] as const) {
    telemetry.gauge('synod_peers', peers.filter((peer) => peer.direction === direction).length, { direction })
  }
}

/** A gossiped message that could not be judged, since this node was too busy, is nobody's fault. */
async function judged(verdict: Promise<Verdict>, telemetry: Telemetry): Promise<Verdict> {
  return verdict.catch((error: unknown) => {
    telemetry.log('debug', 'a gossiped message could not be checked', { error: String(error) })
    return 'ignore'
  })
}

/** Who is connected to whom is one matter on this channel, and where nodes can be dialled another. */
function onPeersMessage({ lists, addresses }: PeerDeskOptions, peer: PeerId, message: Bytes): void {
  const rest = lists.onMessage(peer, message)
  if (rest?.type === 'ask') addresses.onAsk(peer)
  else if (rest?.type === 'told') addresses.onTold(peer, rest)
}

function doorOf({ handlers }: InboundDesk, handshake: Handshake): InboundDesk['handlers'] {
  return {
    ...handlers,
    onInboundEnded(connection) {
      handshake.ended(connection.id)
      handlers.onInboundEnded(connection)
    },
  }
}

async function* answer(rooms: PeerDeskOptions, peer: PeerId, protocol: RequestProtocol, message: Bytes): AsyncGenerator<Bytes> {
  if (protocol === 'batch') yield* rooms.exchange.serve(peer, message)
  else if (protocol === 'mempool') yield* rooms.exchange.serveComparison(peer, message)
  else if (protocol === 'dht') {
    if (!rooms.directory) throw refusal('REQUEST_UNSUPPORTED', 'this node takes no part in the directory')
    yield rooms.directory.serve(peer, message)
  } else if (protocol === 'block') yield* serveBlocks(rooms.chain, message)
  else if (protocol === 'light') yield* rooms.lightServer.serve(message)
  else if (protocol === 'headers') yield* serveHeaders(rooms.chain, message)
  else if (protocol === 'snapshot') yield* rooms.snapshots.serve(message)
  else if (protocol === 'reach') yield* rooms.reachServer.serve(peer, message)
  else yield rooms.handshake.status()
}
