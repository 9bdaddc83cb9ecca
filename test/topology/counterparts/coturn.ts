import { join } from 'node:path'
import type { StartedRun } from '../../e2e/support/run-synod.ts'
import type { Host, Topology } from '../topology.ts'
import { bound } from './bound.ts'

const stunPort = 3478

/** coturn as a STUN server that can tell NATs apart (RFC 5780), for which it has two addresses. */
export async function startCoturn(topology: Topology, host: Host): Promise<{ run: StartedRun; addresses: [string, string] }> {
  const second = await topology.secondAddress(host)
  const file = (name: string) => join(topology.directory, `${host.name}.${name}`)
  const words = ['--no-cli', '--stun-only', '--no-tls', '--no-dtls', '--log-file', 'stdout', '--simple-log']
  const files = ['-n', '--pidfile', file('turn.pid'), '--userdb', file('turn.db')]
  const addresses = ['--listening-ip', host.address, '--listening-ip', second, '--listening-port', String(stunPort)]
  const run = await host.start(['turnserver', ...files, ...words, ...addresses], bound('udp', stunPort + 1))
  return { run, addresses: [host.address, second] }
}

/** What coturn's own client says of the NAT before a host, in the words of RFC 4787; undefined where it said neither. */
export async function oracleSays(host: Host, server: string): Promise<{ mapping: Behaviour; filtering: Behaviour }> {
  const { stdout } = await host.run(['turnutils_natdiscovery', '-m', '-f', '-p', String(stunPort), server], 60_000)
  const lastOf = (what: string): Behaviour => {
    const said = [
      ...stdout.matchAll(
        new RegExp(`NAT with (Endpoint Independent|Address Dependent|Address and Port Dependent) ${what}!`, 'g'),
      ),
    ]
    return said.at(-1)?.[1] as Behaviour
  }
  return { mapping: lastOf('Mapping'), filtering: lastOf('Filtering') }
}

export type Behaviour = 'Endpoint Independent' | 'Address Dependent' | 'Address and Port Dependent' | undefined
