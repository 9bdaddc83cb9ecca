import type { Application } from '../application/application.ts'
import { blockHash } from '../chain/header.ts'
import type { Hash } from '../crypto/hash.ts'
import { transportOf } from '../peers/address-order.ts'
import type { Bytes } from '../primitives/bytes.ts'
import { type Result, reject } from '../primitives/result.ts'
import type { Chain } from './chain.ts'
import type { Discovery } from './discovery.ts'
import type { Foundation } from './foundation.ts'
import type { KeptAddressBook } from './kept-address-book.ts'
import type { MessageTrace } from './message-trace.ts'
import type { BookStatus, NetStatus, ProvenValue, TracedMessage } from './synod-node.ts'

/** What a node can tell of its final history and state. */
export function traceMessage(chain: Chain, trace: MessageTrace, hash: Hash): TracedMessage {
  const location = chain.blocks.locate(hash)
  const final = location && chain.blocks.read(location.height)
  return {
    sightings: trace.of(hash),
    block: final && { height: location.height, hash: blockHash(final.block.header) },
    completeSince: trace.completeSince,
  }
}

export function netStatus(
  { ports: { clock, network }, usefulness, addressBook }: Pick<Foundation, 'ports' | 'usefulness' | 'addressBook'>,
  discovery: Pick<Discovery, 'learnt'>,
): NetStatus {
  return {
    at: clock.now(),
    total: network.traffic(),
    peers: network.peers().map(({ id }) => ({ id, traffic: network.traffic(id) })),
    usefulness: usefulness.totals(),
    addressBook: bookStatus(addressBook, discovery),
  }
}

function bookStatus({ book, anchorsNow }: KeptAddressBook, { learnt }: Pick<Discovery, 'learnt'>): BookStatus {
  const entries = [...book.entries()]
  const transports = Map.groupBy(entries, ({ target }) => (target.kind === 'other' ? 'other' : transportOf(target.address)))
  return {
    ...book.size,
    groups: new Set(entries.map(({ target }) => target.group)).size,
    transports: Object.fromEntries([...transports].map(([transport, of]) => [transport, of.length])),
    learnt: learnt(),
    anchors: anchorsNow(),
  }
}

export function proveState(chain: Chain, key: Bytes): ProvenValue {
  const { height } = chain.tip()
  return { height, value: chain.state.reader().get(key), proof: chain.state.prove(key) }
}

export function queryApplication(application: Application, chain: Chain, path: string, data: Bytes): Result<Bytes> {
  if (!application.query) return reject('QUERY_UNKNOWN', `application ${application.name} answers no queries`)
  return application.query(path, data, chain.state.reader())
}
