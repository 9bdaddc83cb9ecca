import { listedAddress } from '../address-rules.ts'
import { readDialTarget } from '../dial-target.ts'
import { placeOf, reachOf } from '../network-group.ts'
import { type Place, placeOfPeer } from './distance.ts'

/** A node that answers questions, and where it can be dialled. */
export interface Contact {
  readonly peer: string
  readonly place: Place
  /** Bare multiaddrs, the best first; in the simulator, whatever its network understands. */
  readonly addresses: readonly string[]
  /** Whose limits it counts towards. */
  readonly group: string
}

/** How many are asked, stored at and told of: Kademlia's k. */
export const closestMax = 20
/** Of one contact. */
export const contactAddressesMax = 3

export function contactOf(peer: string, addresses: readonly string[]): Contact {
  return { peer, place: placeOfPeer(peer), addresses, group: groupOfHost(readDialTarget(addresses[0] ?? '').host) }
}

/**
 * What many contacts must not have in common: the /16 or /32 of their address, which is about one provider. Within a private network,
 * or a machine, there is nothing between one address and all, so there it is the address.
 */
export function groupOfHost(host: string): string {
  const { group, site } = placeOf(host)
  return reachOf(host) === 'world' ? group : site
}

/** As a dialler takes it. */
export function dialAddress(address: string, peer: string): string {
  return address.startsWith('/') ? `${address}/p2p/${peer}` : address
}

/** As it is told: without the peer id. */
export function bareAddress(address: string): string {
  return address.startsWith('/') ? address.replace(/\/p2p\/[^/]+$/, '') : address
}

/**
 * Whether an honest node could have told of this address at all: an IP address that somebody can have, with a port and a transport, and
 * nothing else. Names are not told: they would send whoever hears of them asking servers of the teller's choice. Nor are addresses that
 * lead over a relay: whoever answers questions can be dialled.
 */
export function isTellable(address: string, peer: string): boolean {
  if (!address.startsWith('/')) return address.length > 0
  return (
    readDialTarget(address).kind === 'ip' &&
    !address.includes('/p2p-circuit') &&
    listedAddress(address, peer, 'machine') === address
  )
}
