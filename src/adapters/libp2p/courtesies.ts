/**
 * Identify and ping, which libp2p peers of other makes expect of each other (docs/spec/network.md, "Connections"). Some of them say
 * nothing, not even hello, until their identify has been answered, so it is answered at once: it names the agent, the addresses and the
 * protocols, and a listener's hello says as much to any stranger. Ping waits until hello is accepted. This node asks nobody in return:
 * hello says more, and the control stream measures.
 */
import { identify } from '@libp2p/identify'
import type { Connection, Stream, StreamHandler, StreamMessageEvent } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { unreadUntil } from './early-stream.ts'
import type { GossipComponents } from './gossip.ts'
import type { PeerLink } from './peer-link.ts'
import { createReplyBudget } from './reply-budget.ts'

type Components = GossipComponents & Parameters<ReturnType<typeof identify>>[0] & Parameters<ReturnType<typeof ping>>[0]
export type CourtesyComponents = Components
/** What one ping of libp2p has. */
const pingBytes = 32

type Registrar = Components['registrar']

/** Serves both from now on. @param linkOf the link of a connection, ended or not. */
export async function serveCourtesies(
  components: Components,
  linkOf: (connection: Connection) => PeerLink | undefined,
): Promise<void> {
  const bounds = boundedEcho(linkOf)
  // Named one by one: the whole is a proxy, which cannot be spread.
  const { addressManager, connectionManager, events, logger, nodeInfo, peerId, peerStore, privateKey } = components
  const own = { addressManager, connectionManager, events, logger, nodeInfo, peerId, peerStore, privateKey }
  const services = [
    identify({ runOnConnectionOpen: false })({ ...own, registrar: gated(components.registrar, onceBeforeHello(linkOf), bounds) }),
    ping()({ ...own, registrar: gated(components.registrar, afterHello(linkOf), bounds) }),
  ]
  for (const service of services) await (service as { start?(): Promise<void> }).start?.()
}

/** Whether a stream of the connection is served, or that it is once this resolves. */
type Admission = (connection: Connection) => boolean | Promise<boolean>

/** An answer is signed: a stranger gets one, and peers as many as they ask for, one at a time. */
function onceBeforeHello(linkOf: (connection: Connection) => PeerLink | undefined): Admission {
  const answered = new WeakSet<Connection>()
  return (connection) => {
    const phase = linkOf(connection)?.phase
    if (phase === 'ended' || (phase !== 'established' && answered.has(connection))) return false
    answered.add(connection)
    return true
  }
}

function afterHello(linkOf: (connection: Connection) => PeerLink | undefined): Admission {
  return async (connection) => (await linkOf(connection)?.greeted)?.kind === 'accepted'
}

/** Neither counted nor paced, both have a budget of their own, in which a stream costs as much as a ping. */
function boundedEcho(
  linkOf: (connection: Connection) => PeerLink | undefined,
): (stream: Stream, connection: Connection) => boolean {
  const budgets = new WeakMap<Connection, (count: number) => void>()
  return (stream, connection) => {
    const spend = budgets.get(connection) ?? createReplyBudget('courtesy flood')
    budgets.set(connection, spend)
    const takes = (count: number) => {
      try {
        spend(count)
        return true
      } catch (error) {
        stream.abort(error as Error)
        linkOf(connection)?.violate((error as Error).message)
        return false
      }
    }
    // Ahead of the handler, which echoes nothing on a stream that has ended.
    stream.addEventListener('message', ({ data }: StreamMessageEvent) => void takes(Math.ceil(data.byteLength / pingBytes)))
    return takes(1)
  }
}

function gated(registrar: Registrar, admits: Admission, bounds: ReturnType<typeof boundedEcho>): Registrar {
  return {
    handle(protocol: string, handler: StreamHandler, options: object) {
      const gate: StreamHandler = async (stream, connection) => {
        const admission = admits(connection)
        const isAdmitted = typeof admission === 'boolean' ? admission : await unreadUntil(stream, admission)
        if (isAdmitted && bounds(stream, connection)) return handler(stream, connection)
        stream.abort(new Error('not before hello is accepted'))
      }
      return registrar.handle(protocol, gate, options)
    },
    unhandle: (protocol: string) => registrar.unhandle(protocol),
  } as unknown as Registrar
}
