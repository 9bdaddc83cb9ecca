import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StartedRun } from '../../e2e/support/run-synod.ts'
import { gatewayChains } from '../nat-rules.ts'
import type { Router, Topology } from '../topology.ts'
import { bound } from './bound.ts'

export interface Gateway {
  readonly run: StartedRun
  /** The mappings that are in force in the router's kernel, as protocol, public port and inner address with its port. */
  mappings(): Promise<Mapping[]>
  /** When each of its leases ends, Unix seconds, by protocol and public port. */
  leases(): Promise<ReadonlyMap<string, number>>
  /** Forgets every mapping, as a gateway does that was switched off and on. */
  forget(): Promise<void>
}

export interface Mapping {
  readonly protocol: 'tcp' | 'udp'
  readonly publicPort: number
  readonly host: string
  readonly port: number
}

const controlPort = 5000

/** miniupnpd on a router: UPnP and NAT-PMP for those behind it. */
export async function startMiniupnpd(topology: Topology, router: Router): Promise<Gateway> {
  const file = (name: string) => join(topology.directory, `${router.name}.${name}`)
  const { table, forward, inward, outward } = gatewayChains
  const settings = {
    ext_ifname: 'wan',
    listening_ip: 'lan',
    port: controlPort,
    enable_upnp: 'yes',
    enable_natpmp: 'yes',
    secure_mode: 'yes',
    lease_file: file('leases'),
    uuid: '7d9a2f44-3b0e-4c43-8f3e-5f0f6f5f1f6b',
    upnp_table_name: table,
    upnp_nat_table_name: table,
    upnp_forward_chain: forward,
    upnp_nat_chain: inward,
    upnp_nat_postrouting_chain: outward,
  }
  const configuration = `${Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\nallow 1024-65535 ${router.lan}.0/24 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n`
  await writeFile(file('upnp.conf'), configuration)
  const start = () =>
    router.start(['miniupnpd', '-d', '-f', file('upnp.conf'), '-P', file('upnp.pid')], bound('tcp', controlPort))
  let run = await start()
  return {
    get run() {
      return run
    },
    async mappings() {
      const { stdout } = await router.run(['nft', 'list', 'chain', 'inet', table, inward])
      return mappingsIn(stdout)
    },
    async leases() {
      const lines = (await readFile(file('leases'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
      return new Map(lines.map(leaseIn))
    },
    async forget() {
      await run.kill()
      for (const chain of [forward, inward, outward]) await router.run(['nft', 'flush', 'chain', 'inet', table, chain])
      await writeFile(file('leases'), '')
      run = await start()
    },
  }
}

/** A line is `TCP:4001:10.1.0.2:4001:1800000000:synod`. */
function leaseIn(line: string): readonly [string, number] {
  const [protocol = '', publicPort, , , ends] = line.split(':')
  return [`${protocol.toLowerCase()} ${publicPort}`, Number(ends)]
}

/** nft lists what miniupnpd made as `@nh,72,8 0x6 th dport 4001 dnat ip to 10.1.0.2:4001`: the protocol is a byte of the header. */
function mappingsIn(rules: string): Mapping[] {
  const rule = /@nh,72,8 (0x6|0x11) .*?dport (\d+) .*?dnat ip to ([\d.]+):(\d+)/g
  return [...rules.matchAll(rule)].map(([, protocol, publicPort, host = '', port]) => ({
    protocol: protocol === '0x6' ? 'tcp' : 'udp',
    publicPort: Number(publicPort),
    host,
    port: Number(port),
  }))
}
