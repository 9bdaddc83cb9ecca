import type { DialBackOutcome } from '../../ports/network.ts'
import type { Bytes } from '../../primitives/bytes.ts'
import type { Station } from './station.ts'
import type { Terrain } from './terrain.ts'

/** Says a hello at an address, over a connection that ends with the answer and connects nobody. */
export type DialBack = (from: Station, address: string, hello: Bytes) => Promise<DialBackOutcome>

/** Ids of these connections begin where those of others never come. */
const firstId = 2 ** 40

export function createDialBack({ addresses, dial, meet }: Terrain): DialBack {
  let nextId = firstId

  return async (from, address, hello) => {
    const { to } = await dial(from, address)
    if (to === undefined || to === from || !meet(from, to)) return 'unreachable'
    const connection = { id: nextId++, host: addresses.hostOf(from.self) }
    if (!to.handlers || to.handlers.onInbound?.(connection) === 'refuse') return 'unreachable'
    to.handlers.hello(from.self, { ...connection, direction: 'inbound' })
    to.handlers.onHello(from.self, hello.slice(), { ...connection, direction: 'inbound' })
    to.handlers.onInboundEnded?.(connection)
    return 'reached'
  }
}
