import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Bytes } from '../../primitives/bytes.ts'

/** One socket that hears the group, and one for each interface that speaks to it. */
export interface MulticastSockets {
  /** To the group, on every interface. */
  send(message: Bytes): void
  /** Interfaces come and go. */
  refresh(): Promise<void>
  /** Whether an address is on a network of one of this machine's interfaces. */
  isNeighbour(host: string): boolean
  close(): Promise<void>
}

const group = '224.0.0.251'
/** Machines with more have them for other things. */
const interfacesMax = 16

export interface MulticastOptions {
  /** 5353, but in tests. */
  readonly port: number
  readonly includesLoopback: boolean
  readonly onMessage: (message: Bytes, from: string) => void
}

/** Throws where the port cannot be shared. */
export async function openMulticastSockets({ port, includesLoopback, onMessage }: MulticastOptions): Promise<MulticastSockets> {
  const senders = new Map<string, Socket>()
  const joined = new Set<string>()
  const listener = await bound('0.0.0.0', port)
  listener.on('message', (message: Buffer, { address }: RemoteInfo) => onMessage(message, address))

  const interfaces = () =>
    Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && (includesLoopback || !internal))
      .slice(0, interfacesMax)

  async function refresh(): Promise<void> {
    const present = new Set(interfaces().map(({ address }) => address))
    for (const [address, socket] of senders) {
      if (present.has(address)) continue
      socket.close()
      senders.delete(address)
      joined.delete(address)
    }
    for (const address of present) {
      if (senders.has(address)) continue
      try {
        if (!joined.has(address)) listener.addMembership(group, address)
        joined.add(address)
        const sender = await bound(address, port)
        sender.setMulticastInterface(address)
        sender.setMulticastTTL(255)
        sender.setMulticastLoopback(true)
        senders.set(address, sender)
      } catch {
        // An interface that cannot multicast, a tunnel for instance, is none for this.
      }
    }
  }

  await refresh()
  return {
    send(message) {
      for (const sender of senders.values()) sender.send(message, port, group, () => undefined)
    },
    refresh,
    isNeighbour: (host) => isIPv4(host) && interfaces().some(({ address, netmask }) => sameNetwork(host, address, netmask)),
    async close() {
      await Promise.all(
        [listener, ...senders.values()].map((socket) => new Promise<void>((resume) => socket.close(() => resume()))),
      )
      senders.clear()
    },
  }
}

function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address, port, exclusive: false }, () => {
      socket.off('error', reject)
      // What fails later, fails a single datagram: the next one may pass.
      socket.on('error', () => undefined)
      socket.unref()
      resolve(socket)
    })
  })
}

function sameNetwork(host: string, address: string, netmask: string): boolean {
  const [left, right, mask] = [host, address, netmask].map((text) => text.split('.').map(Number)) as [
    number[],
    number[],
    number[],
  ]
  return mask.every((bits, index) => ((left[index] as number) & bits) === ((right[index] as number) & bits))
}
