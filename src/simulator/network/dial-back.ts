import type { DialBackOutcome, PeerId } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Weather } from './courier.ts'
import type { AddressBook, Station } from './station.ts'

/** Says a hello at an address, over a connection that ends with the answer and connects nobody. */
export type DialBack = (from: Station, address: string, hello: Bytes) => Promise<DialBackOutcome>

/** Ids of these connections begin where those of others never come. */
const firstId = 2 ** 40
const trips = 4
const helloBytes = 200
const lostDelayMs = 100

export function createDialBack(options: {
  readonly scheduler: Scheduler
  readonly weather: Weather
  readonly reachable: (from: PeerId, to: PeerId) => boolean
  readonly stationOf: (peer: PeerId) => Station | undefined
  readonly addresses: AddressBook
}): DialBack {
  const { scheduler, weather, reachable, stationOf, addresses } = options
  let nextId = firstId

  return async (from, address, hello) => {
    const peer = addresses.find(address)
    const tripMs = weather(from.self, peer ?? '', helloBytes) ?? lostDelayMs
    await new Promise<void>((resume) => void scheduler.after(trips * tripMs, resume))
    const to = peer === undefined ? undefined : stationOf(peer)
    const isUp = stationOf(from.self) === from && to !== undefined && to !== from
    if (!isUp || !reachable(from.self, to.self) || !reachable(to.self, from.self)) return 'unreachable'
    const connection = { id: nextId++, host: addresses.hostOf(from.self) }
    if (!to.handlers || to.handlers.onInbound?.(connection) === 'refuse') return 'unreachable'
    to.handlers.hello(from.self, { ...connection, direction: 'inbound' })
    to.handlers.onHello(from.self, hello.slice(), { ...connection, direction: 'inbound' })
    to.handlers.onInboundEnded?.(connection)
    return 'reached'
  }
}
