import { listedAddress, reachOfPeer } from './address-rules.ts'

/**
 * What of the addresses a peer claims is worth keeping. A peer may be mistaken about itself, behind a NAT for instance, so a useless
 * address is left out and costs nothing. What it may not do is send us to others: an address that names another peer is left out too,
 * and one of a nearer network than the one the peer is seen in. An address that is no multiaddr is for the network to understand.
 *
 * @param host the IP address the peer is seen at.
 */
export function usableAddresses(claimed: readonly string[], peer: string, host: string): readonly string[] {
  const reach = reachOfPeer(host)
  const usable = claimed.filter((address) => !address.startsWith('/') || listedAddress(address, peer, reach) !== undefined)
  return [...new Set(usable)]
}
