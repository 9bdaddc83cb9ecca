/** A STUN server on two loopback addresses and two ports of each, whose view of the world is the test's to choose. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { decodeStun, encodeStun, type StunMessage } from '../../src/adapters/nat/stun-message.ts'
import type { Endpoint } from '../../src/peers/nat-behaviour.ts'

export interface StunView {
  /** What it says it sees. @param at the address of its own that was asked. */
  readonly mapped?: (from: Endpoint, at: Endpoint) => Endpoint
  /** Whether an answer from another of its addresses passes the NAT that it pretends. */
  readonly passes?: (change: NonNullable<StunMessage['change']>) => boolean
  /** Requests it does not hear before it answers one. */
  readonly deaf?: number
  /** What it sends instead of an answer. */
  readonly garbage?: (request: StunMessage) => Uint8Array
  /** Sends whatever it sends from its second address. */
  readonly fromElsewhere?: boolean
  readonly hasOther?: boolean
}

export interface StunResponder {
  /** As in a list of servers. */
  readonly name: string
  readonly requests: () => number
  close(): void
}

export async function startStunResponder(view: StunView = {}, hosts = ['127.0.0.1', '127.0.0.2']): Promise<StunResponder> {
  const sockets: Socket[][] = []
  const ports: number[] = []
  for (const [hostAt, host] of hosts.entries()) {
    sockets[hostAt] = []
    for (const portAt of [0, 1]) {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
      socket.bind(ports[portAt] ?? 0, host)
      await once(socket, 'listening')
      ports[portAt] ??= socket.address().port
      ;(sockets[hostAt] as Socket[])[portAt] = socket
    }
  }
  const at = (hostAt: number, portAt: number): Endpoint => ({ host: hosts[hostAt] as string, port: ports[portAt] as number })
  let requests = 0

  function answer(hostAt: number, portAt: number, bytes: Buffer, from: Endpoint): void {
    const decoded = decodeStun(bytes)
    if (!decoded.ok || decoded.value.kind !== 'request') return
    requests++
    if (requests <= (view.deaf ?? 0)) return
    const { transactionId, change = { address: false, port: false } } = decoded.value
    if ((change.address || change.port) && !(view.passes?.(change) ?? true)) return
    const otherHost = view.fromElsewhere === true || change.address
    const [fromHost, fromPort] = [otherHost ? 1 - hostAt : hostAt, change.port ? 1 - portAt : portAt]
    const reply =
      view.garbage?.(decoded.value) ??
      encodeStun({
        kind: 'success',
        transactionId,
        mapped: view.mapped?.(from, at(hostAt, portAt)) ?? from,
        origin: at(fromHost, fromPort),
        ...(view.hasOther !== false && { other: at(1 - hostAt, 1 - portAt) }),
      })
    sockets[fromHost]?.[fromPort]?.send(reply, from.port, from.host)
  }

  for (const [hostAt, ofHost] of sockets.entries()) {
    for (const [portAt, socket] of ofHost.entries()) {
      socket.on('message', (bytes, { address: host, port }) => answer(hostAt, portAt, bytes, { host, port }))
    }
  }
  const [host] = hosts
  return {
    name: host?.includes(':') ? `[${host}]:${ports[0]}` : `${host}:${ports[0]}`,
    requests: () => requests,
    close: () => void sockets.flat().map((socket) => socket.close()),
  }
}
