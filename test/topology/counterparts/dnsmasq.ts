import type { StartedRun } from '../../e2e/support/run-synod.ts'
import type { Host } from '../topology.ts'
import { bound } from './bound.ts'

export interface ResolverBehaviour {
  /** Name servers by the zone they are asked about. */
  readonly forwards?: Readonly<Record<string, string>>
  /** Zones of which it says that there is no such name. */
  readonly denies?: readonly string[]
  /** The address that every name has, as in a hotel that wants its guests to log in first. */
  readonly everything?: string
}

/** dnsmasq as the resolver of a network, at port 53 of a host. What it is not told about is refused. */
export function startDnsmasq(host: Host, { forwards = {}, denies = [], everything }: ResolverBehaviour): Promise<StartedRun> {
  const words = ['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file=', '--no-resolv', '--no-hosts', '--user=root']
  const listen = [`--listen-address=${host.address}`, '--bind-interfaces', '--cache-size=0']
  const zones = Object.entries(forwards).map(([zone, server]) => `--server=/${zone}/${server}`)
  const denied = denies.map((zone) => `--address=/${zone}/`)
  const captive = everything === undefined ? [] : [`--address=/#/${everything}`]
  return host.start(['dnsmasq', ...words, ...listen, ...zones, ...denied, ...captive], bound('udp', 53))
}
