import { indexOfValidator } from '../chain/validator-set.ts'
import { type Foundation, layFoundation, type NodeOptions } from './foundation.ts'
import { netStatus, proveState, queryApplication, traceMessage } from './node-queries.ts'
import type { Ports } from './ports.ts'
import { openRooms } from './rooms.ts'
import type { NodeStatus, SynodNode } from './synod-node.ts'
import { createTransactionFinder } from './transaction-finder.ts'

/**
 * Makes a node of its ports: the same in production, in tests and in the simulator. It returns when the node is listening; the disk,
 * the keys and the network have been proved to work by then.
 */
export async function assemble(ports: Ports, options: NodeOptions): Promise<SynodNode> {
  const foundation = await layFoundation(ports, options)
  const rooms = openRooms(foundation, options)
  const { chainId, spec, application, chain, mempool, pool, events, breakdown } = foundation
  const findTransaction = createTransactionFinder(chain)
  let stopping: Promise<void> | undefined

  await ports.network.start(rooms.desk.handlers)
  for (const room of [rooms.register, rooms.guard, rooms.attacks]) room.start()
  rooms.keeper.start()
  rooms.dnsSeeds.start()
  rooms.reachability.start()
  rooms.stateSync?.run().catch(breakdown.fail)
  await rooms.runner.start()
  rooms.gossip.start()
  rooms.exchange.start()
  rooms.addresses.start()
  rooms.relays.start()
  rooms.directory?.start()
  rooms.neighbours.start()
  rooms.coordinator.start()
  rooms.watch.judge()
  rooms.forks.accuseAgain()

  return {
    chainId,
    spec,
    application,
    submit: rooms.exchange.submit,
    submitEvidence: rooms.evidenceDesk.submit,
    status: () => statusOf(foundation, rooms),
    survey: rooms.coordinator.check,
    block: async (height) => chain.blocks.read(height)?.block,
    commit: async (height) => chain.blocks.read(height)?.commit,
    lightBlock: (height) => rooms.lightServer.lightBlock(height),
    validatorChanges: (height) => rooms.lightServer.validatorChanges(height),
    transaction: async (id) => findTransaction(id),
    state: (key) => proveState(chain, key),
    query: (path, data) => queryApplication(application, chain, path, data),
    validators: () => chain.tip().validators,
    peers: rooms.desk.peers,
    connect: (address) => ports.network.connect(address),
    operator: rooms.operator,
    directory: rooms.directory,
    mempool: () => ({ transactions: mempool.size, bytes: mempool.bytes, batches: pool.size }),
    loadLevel: () => rooms.guard.load().level,
    net: () => netStatus(foundation, rooms.discovery),
    knownAddresses: () => rooms.discovery.good(Number.POSITIVE_INFINITY),
    trace: (hash) => traceMessage(chain, foundation.trace, hash),
    subscribe: events.subscribe,
    failed: breakdown.failed,
    stop() {
      stopping ??= stop(foundation, rooms)
      return stopping
    },
  }
}

/** In reverse: first nobody asks for anything new, then what is under way ends, then the disk is closed, whatever failed before. */
async function stop(
  { ports, visits, store, breakdown, reputation, addressBook, polkas }: Foundation,
  rooms: ReturnType<typeof openRooms>,
): Promise<void> {
  const {
    register,
    guard,
    attacks,
    relays,
    promotion,
    keeper,
    dnsSeeds,
    gossip,
    sync,
    coordinator,
    exchange,
    announcements,
    addresses,
    lists,
    directory,
    reachability,
    neighbours,
    runner,
  } = rooms
  breakdown.expect()
  visits.stop()
  for (const room of [
    register,
    guard,
    attacks,
    relays,
    promotion,
    keeper,
    dnsSeeds,
    gossip,
    exchange,
    announcements,
    addresses,
    lists,
    coordinator,
  ])
    room.stop()
  const ended = [
    await settled(reachability.stop()),
    await settled(neighbours.stop()),
    await settled(directory?.stop() ?? Promise.resolve()),
    await settled(rooms.stateSync?.stop() ?? Promise.resolve()),
    await settled(sync.stop()),
    await settled(rooms.diskKeeper.stop()),
    await settled(runner.stop()),
    await settled(reputation.stop()),
    await settled(addressBook.stop()),
    await settled(polkas.stop()),
    await settled(ports.network.stop()),
    await settled(store.close()),
  ]
  for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason
}

async function settled(work: Promise<void>): Promise<PromiseSettledResult<void>> {
  const [outcome] = await Promise.allSettled([work])
  return outcome as PromiseSettledResult<void>
}

function statusOf(
  { ports, ownAddresses, chain, core, signer, gate, addressBook }: Foundation,
  { sync, stateSync, coordinator, reachability }: ReturnType<typeof openRooms>,
): NodeStatus {
  const tip = chain.tip()
  const consensusKey = signer?.publicKey
  return {
    mode: stateSync?.active ? 'state-sync' : sync.active ? 'block-sync' : 'consensus',
    height: tip.height,
    round: core.round,
    step: core.step,
    blockHash: tip.hash,
    appHash: chain.state.root,
    blockTime: tip.time,
    self: ports.network.self,
    addresses: ownAddresses.announced(),
    reachability: ownAddresses.reachability(),
    ownAddresses: ownAddresses.candidates(),
    portMapping: reachability.portMapping(),
    validator: consensusKey && { consensusKey, active: indexOfValidator(tip.validators, consensusKey) !== undefined },
    signing: signer !== undefined && gate.open,
    addressBook: addressBook.book.size,
    fault: gate.fault,
    progress: sync.progress(),
    survey: coordinator.latest(),
  }
}
