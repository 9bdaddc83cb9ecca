import ipaddr from 'ipaddr.js'
import { isRelayHost } from '../../peers/network-group.ts'

/** The shortest form of an IP address, by which hosts are counted: an IPv4 address that came in through IPv6 is IPv4. Others as they are. */
export function hostOf(address: string): string {
  if (isRelayHost(address)) return address
  if (!address.includes(':')) return address.toLowerCase()
  const withoutZone = address.replace(/%.*$/, '')
  return ipaddr.IPv6.isValid(withoutZone) ? ipaddr.process(withoutZone).toString() : address.toLowerCase()
}
