import type { Multiaddr } from '@multiformats/multiaddr'
import { relayHost } from '../../peers/network-group.ts'
import type { Transport } from '../../ports/network.ts'
import { hostOf } from './host.ts'

/** What an address says: where the peer is, and how it is reached. */
export function readAddress(address: Multiaddr): { readonly host: string; readonly transport: Transport } {
  const components = address.getComponents()
  const has = (name: string) => components.some((component) => component.name === name)
  if (has('p2p-circuit')) {
    const relay = components.find(({ name }) => name === 'p2p')?.value ?? ''
    return { host: relayHost(relay), transport: has('webrtc') ? 'webrtc' : 'relay' }
  }
  const host = components.find(({ name }) => hostNames.has(name))?.value ?? ''
  return { host: hostOf(host), transport: transportOf(has) }
}

const hostNames = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6', 'dnsaddr', 'memory'])

function transportOf(has: (name: string) => boolean): Transport {
  if (has('memory')) return 'memory'
  if (has('webrtc-direct') || has('webrtc')) return 'webrtc'
  if (has('quic-v1')) return 'quic'
  if (has('wss') || (has('ws') && has('tls'))) return 'wss'
  return has('ws') ? 'ws' : 'tcp'
}

/** The address leads through a relay all the way. */
export function isCircuit(address: Multiaddr): boolean {
  return readAddress(address).transport === 'relay'
}
