/** A libp2p transport with the door before its listeners: as early as the transport allows, for TCP and WebSocket at the bare socket. */
import type { Server, Socket } from 'node:net'
import type { CreateListenerOptions, Listener, MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'
import type { StrangerFault } from '../../ports/network.ts'
import type { Arrival, Door } from './door.ts'
import { hostOf } from './host.ts'
import { readAddress } from './peer-address.ts'

export function guarded<Components>(
  create: (components: Components) => Transport,
  door: Door,
): (components: Components) => Transport {
  return (components) => {
    const transport = create(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => guardListener(createListener, options, door)
    return transport
  }
}

function guardListener(create: Transport['createListener'], options: CreateListenerOptions, door: Door): Listener {
  /** Who came through the door and has not reached libp2p yet, by the address of its socket. */
  const admitted = new Map<string, Guest>()
  const listener = create({ ...options, upgrader: guardUpgrader(options.upgrader, door, admitted) })
  if ('server' in listener) guardServer(listener.server as Server, door, admitted)
  if ('incomingConnection' in listener) guardDatagrams(listener as Listener & DatagramListener, door, admitted)
  return listener
}

interface Guest {
  readonly arrival: Arrival
  /** Whose end is the connection's. Without one, libp2p tells of it. */
  readonly socket?: Socket
  readonly end: () => void
}

/** Puts the door before whatever listens to the server's sockets. */
function guardServer(server: Server, door: Door, admitted: Map<string, Guest>): void {
  const inner = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    // Reset while nobody listens yet, a socket would end the process with its error.
    socket.on('error', () => undefined)
    const { remoteAddress: address, remotePort: port } = socket
    const arrival = address === undefined ? undefined : door.arrive(address, () => socket.resetAndDestroy())
    if (address === undefined || arrival === undefined) return void socket.resetAndDestroy()
    const key = `${hostOf(address)} ${port}`
    admitted.set(key, { arrival, socket, end: arrival.ended })
    socket.once('close', () => {
      if (admitted.get(key)?.arrival === arrival) admitted.delete(key)
      arrival.ended()
    })
    for (const listen of inner) listen.call(server, socket)
  })
}

/** As WebRTC's is. */
interface DatagramListener {
  incomingConnection(name: string, host: string, port: number, signal: AbortSignal): Promise<void>
}

/**
 * WebRTC begins with a datagram, which is repeated until it is answered, and whose sender may be another than it says: it is asked for
 * before anything is made of it, and once.
 */
function guardDatagrams(listener: DatagramListener, door: Door, admitted: Map<string, Guest>): void {
  const inner = listener.incomingConnection.bind(listener)
  const names = new Set<string>()
  listener.incomingConnection = async (name, host, port, signal) => {
    const key = `${hostOf(host)} ${port}`
    const known = `${key} ${name}`
    if (names.has(known) || admitted.has(key)) return
    const giveUp = new AbortController()
    const arrival = door.arrive(host, () => giveUp.abort(), 'datagram')
    if (arrival === undefined) return
    const end = () => {
      names.delete(known)
      admitted.delete(key)
      arrival.ended()
    }
    names.add(known)
    admitted.set(key, { arrival, end })
    try {
      await inner(name, host, port, AbortSignal.any([signal, giveUp.signal]))
    } catch (error) {
      end()
      throw error
    }
  }
}

function guardUpgrader(upgrader: Upgrader, door: Door, admitted: Map<string, Guest>): Upgrader {
  function admit(connection: MultiaddrConnection): Guest {
    const key = socketOf(connection)
    const guest = admitted.get(key)
    admitted.delete(key)
    if (guest !== undefined) return guest
    const arrival = door.arrive(readAddress(connection.remoteAddr).host, () =>
      connection.abort(new Error('the handshake took too long')),
    )
    if (arrival === undefined) throw new Error('turned away')
    return { arrival, end: arrival.ended }
  }

  return Object.assign(Object.create(upgrader) as Upgrader, {
    async upgradeInbound(connection: MultiaddrConnection, options: Parameters<Upgrader['upgradeInbound']>[1]): Promise<void> {
      const { arrival, socket, end } = admit(connection)
      if (socket === undefined) connection.addEventListener('close', end, { once: true })
      door.know(connection.timeline, arrival)
      try {
        await upgrader.upgradeInbound(connection, options)
        arrival.encrypted()
      } catch (error) {
        // What the peer itself closed is told when the socket has ended.
        if (socket === undefined || (!socket.readableEnded && socket.errored === null)) arrival.failed(faultOf(error))
        throw error
      }
    },
  })
}

function socketOf({ remoteAddr }: MultiaddrConnection): string {
  const port = remoteAddr.getComponents().find(({ name }) => name === 'tcp' || name === 'udp')?.value
  return `${readAddress(remoteAddr).host} ${port}`
}

/** libp2p hands on no more of a failed handshake than the text of its error. */
function faultOf(error: unknown): StrangerFault {
  return error instanceof Error && /signed by|signature/i.test(error.message) ? 'false identity' : 'broken handshake'
}
