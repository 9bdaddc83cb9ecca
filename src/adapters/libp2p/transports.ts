/**
 * The transports of a node. Which may be used is the operator's choice and the protection's: where the post-quantum hybrid group is
 * required, only those remain over which our own TLS runs, since of no other can it be proved. Each is imported when it is first listened
 * on or dialled: most nodes use one or two, and each costs tens of megabytes.
 */
import { isIPv4 } from 'node:net'
import type { Transport as Libp2pTransport, Upgrader } from '@libp2p/interface'
import { isStartable } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Transport } from '../../ports/network.ts'
import { assert } from '../../primitives/assert.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { Door } from './door.ts'
import { guarded } from './guarded-transport.ts'
import { streamsOfPeerMax } from './limits.ts'
import { readAddress } from './peer-address.ts'

export const transportKinds = ['tcp', 'quic', 'ws', 'wss', 'webrtc'] as const
export type TransportKind = (typeof transportKinds)[number]

export interface TransportOptions {
  readonly listen: readonly string[]
  /** What may be used, the preferred first. */
  readonly transports: readonly TransportKind[]
  readonly requireHybrid: boolean
  /** The local IP address that connections are dialled from. Over QUIC and WebRTC, which cannot, none are then. */
  readonly dialFrom?: string
  /** PEM texts, for `wss`. */
  readonly webSocketCertificate?: { readonly cert: string; readonly key: string }
}

/** A factory as libp2p takes it. Each transport wants other components; all of them are there. */
type TransportFactory = (components: never) => Libp2pTransport
/** What the factories have in common with libp2p. */
export interface TransportComponents {
  readonly transportManager: { add(transport: Libp2pTransport): void }
  readonly upgrader: Upgrader
}

export interface Transports {
  /** Of the addresses to listen on, those whose transport may be used. */
  readonly listen: readonly string[]
  mayUse(transport: Transport): boolean
  /** Those needed to listen. */
  readonly factories: readonly TransportFactory[]
  /** Makes an address's transport ready to dial. Throws `OperationalError` DIAL_FAILED when it may not be used. */
  prepare(address: Multiaddr, components: TransportComponents): Promise<void>
  /** Of what `prepare` has started: libp2p stops only what it was made with. */
  stop(): Promise<void>
}

/** What can be told its local address. The others would show a peer an address that the operator did not choose. */
const dialsFromAddress: ReadonlySet<ModuleName> = new Set<ModuleName>(['tcp', 'websocket', 'memory'])
const provingHybrid: ReadonlySet<Transport> = new Set<Transport>(['tcp', 'ws', 'wss', 'memory'])

/** Throws `OperationalError` LISTEN_FAILED when nothing is left to listen on or to dial with. */
export async function createTransports(options: TransportOptions, door: Door): Promise<Transports> {
  const allowed = options.transports.filter((kind) => !options.requireHybrid || provingHybrid.has(kind))
  if (allowed.length === 0) throw nothingLeft('to connect with')
  const mayUse = (kind: Transport) => kind === 'memory' || allowed.some((one) => one === kind)
  const listen = options.listen.filter((address) => mayUse(readAddress(multiaddr(address)).transport))
  if (listen.length === 0 && options.listen.length > 0) throw nothingLeft('to listen on')
  const webRtcFamilies = new Set(listen.filter(isWebRtcDirect).map(familyOf))
  if (webRtcFamilies.size > 1) throw oneFamilyAlone()
  const loaded = new Map<string, Promise<unknown>>()
  const late: Libp2pTransport[] = []

  const listening = new Set(listen.map((address) => moduleOf(readAddress(multiaddr(address)).transport)))
  const factories = await Promise.all(
    [...listening].map(async (name) => {
      loaded.set(name, Promise.resolve())
      return guarded(await load(name, options), door) as TransportFactory
    }),
  )

  async function add(name: ModuleName, components: TransportComponents): Promise<void> {
    const transport = (await load(name, options))(components as never)
    if (isStartable(transport)) await transport.start()
    late.push(transport)
    components.transportManager.add(transport)
  }

  return {
    listen,
    mayUse,
    factories,
    async prepare(address, components) {
      const { transport } = readAddress(address)
      if (transport === 'relay') return // On its way it uses the transport of the connection to the relay.
      if (!mayUse(transport)) {
        throw new OperationalError('DIAL_FAILED', `${transport} may not be used here.`, { where: address.toString() })
      }
      const name = moduleOf(transport)
      if (options.dialFrom !== undefined && !dialsFromAddress.has(name)) {
        const message = `${transport} cannot be dialled from ${options.dialFrom}: its library chooses the local address.`
        const hint = 'Leave p2p.dial_from out, or take quic and webrtc out of p2p.transports.'
        throw new OperationalError('DIAL_FAILED', message, { where: address.toString(), hint })
      }
      if (isWebRtcDirect(address.toString())) {
        const family = familyOf(address.toString())
        if (webRtcFamilies.size > 0 && !webRtcFamilies.has(family)) {
          throw new OperationalError('DIAL_FAILED', oneFamily, { where: address.toString() })
        }
        webRtcFamilies.add(family)
      }
      // One is loaded once, however many dial at the same time; a failure is the same for all.
      if (!loaded.has(name)) loaded.set(name, add(name, components))
      await loaded.get(name)
    },
    async stop() {
      await Promise.all(late.map((transport) => isStartable(transport) && transport.stop()))
    },
  }
}

function nothingLeft(what: string): OperationalError {
  return new OperationalError('LISTEN_FAILED', `No transport is left ${what}.`, {
    hint: 'Allow more in p2p.transports; where the hybrid group is required, only tcp, ws and wss can prove it.',
  })
}

/** WebRTC's library connects by the family that a process used first, and says nothing of why the other fails. */
const oneFamily = 'A node speaks WebRTC over IPv4 or over IPv6, not over both.'

function oneFamilyAlone(): OperationalError {
  return new OperationalError('LISTEN_FAILED', oneFamily, { hint: 'Leave one of the webrtc-direct addresses out of p2p.listen.' })
}

const isWebRtcDirect = (address: string) => address.includes('/webrtc-direct')
const familyOf = (address: string) => (address.startsWith('/ip6/') ? 'ip6' : 'ip4')

type ModuleName = 'tcp' | 'quic' | 'websocket' | 'webrtc' | 'memory'

function moduleOf(transport: Transport): ModuleName {
  assert(transport !== 'relay', 'a relay is reached over another transport')
  if (transport === 'ws' || transport === 'wss') return 'websocket'
  return transport === 'simulated' ? 'memory' : transport
}

async function load(name: ModuleName, { dialFrom, webSocketCertificate }: TransportOptions): Promise<TransportFactory> {
  switch (name) {
    case 'tcp':
      return dialsFrom(tcp() as TransportFactory, dialFrom)
    case 'websocket': {
      const { webSocketTransport } = await import('./websocket-transport.ts')
      return dialsFrom(webSocketTransport(webSocketCertificate), dialFrom)
    }
    case 'quic': {
      const { quic } = await import('@chainsafe/libp2p-quic')
      return quic({ shutdownTimeout: 3_000, maxConcurrentStreamLimit: streamsOfPeerMax } as Parameters<
        typeof quic
      >[0]) as unknown as TransportFactory
    }
    case 'webrtc': {
      const { webRTCDirect } = await import('@libp2p/webrtc')
      return webRTCDirect() as unknown as TransportFactory
    }
    case 'memory': {
      const { memory } = await import('@libp2p/memory')
      return memory() as TransportFactory
    }
  }
}

/** Dials from a local address. The other family of addresses knows nothing of it, and leaves the choice to the system. */
function dialsFrom(create: TransportFactory, from: string | undefined): TransportFactory {
  if (from === undefined) return create
  const [own, other] = isIPv4(from) ? ([4, 'ip6'] as const) : ([6, 'ip4'] as const)
  return (components) => {
    const transport = create(components)
    const dial = transport.dial.bind(transport)
    transport.dial = (address, options) => {
      const isOther = address.getComponents().some(({ name }) => name === other)
      return dial(address, isOther ? options : Object.assign({}, options, { localAddress: from, family: own }))
    }
    return transport
  }
}
