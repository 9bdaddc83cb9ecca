/**
 * Identify and ping, which libp2p peers of other makes expect of each other. They tell a stranger nothing: a stream that is opened
 * before hello is accepted waits until it is, and ends with the connection where it never is (docs/spec/network.md, "Connections").
 * This node asks nobody in return: hello says more, and the control stream measures.
 */
import { identify } from '@libp2p/identify'
import type { Connection, StreamHandler } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import type { GossipComponents } from './gossip.ts'
import type { PeerLink } from './peer-link.ts'

type Components = GossipComponents & Parameters<ReturnType<typeof identify>>[0] & Parameters<ReturnType<typeof ping>>[0]
export type CourtesyComponents = Components
type Registrar = Components['registrar']

/** Serves both from now on. @param linkOf the link of a connection, ended or not. */
export async function serveCourtesies(
  components: Components,
  linkOf: (connection: Connection) => PeerLink | undefined,
): Promise<void> {
  const registrar = patientRegistrar(components.registrar, linkOf)
  // Named one by one: the whole is a proxy, which cannot be spread.
  const { addressManager, connectionManager, events, logger, nodeInfo, peerId, peerStore, privateKey } = components
  const own = { addressManager, connectionManager, events, logger, nodeInfo, peerId, peerStore, privateKey, registrar }
  const services = [identify({ runOnConnectionOpen: false })(own), ping()(own)]
  for (const service of services) await (service as { start?(): Promise<void> }).start?.()
}

function patientRegistrar(registrar: Registrar, linkOf: (connection: Connection) => PeerLink | undefined): Registrar {
  return {
    handle(protocol: string, handler: StreamHandler, options: object) {
      const patient: StreamHandler = async (stream, connection) => {
        const link = linkOf(connection)
        // Some dial and say nothing, not even hello, until their identify has been answered or refused.
        const isDialler = link?.phase === 'greeting' && connection.direction === 'inbound'
        if (isDialler) return stream.abort(new Error('hello comes first'))
        const greeted = await link?.greeted
        if (greeted?.kind === 'accepted') return handler(stream, connection)
        stream.abort(new Error('hello was not accepted'))
      }
      return registrar.handle(protocol, patient, options)
    },
    unhandle: (protocol: string) => registrar.unhandle(protocol),
  } as unknown as Registrar
}
