import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StartedRun } from '../../e2e/support/run-synod.ts'
import type { Host, Topology } from '../topology.ts'
import { bound } from './bound.ts'

/**
 * knot as the authority of zones, each with its records in the form of a zone file, without SOA and NS of the zone itself.
 *
 * @param failing zones of which it has lost the contents: whoever asks is told SERVFAIL.
 */
export async function startKnot(
  topology: Topology,
  host: Host,
  zones: Readonly<Record<string, string>>,
  failing: readonly string[] = [],
): Promise<StartedRun> {
  const directory = join(topology.directory, `${host.name}.knot`)
  await mkdir(directory, { recursive: true })
  for (const [zone, records] of Object.entries(zones))
    await writeFile(join(directory, `${zone}.zone`), zoneFile(zone, host.address, records))
  const configuration = `
server:
  rundir: "${directory}"
  listen: ${host.address}@53
  automatic-acl: off
log:
  - target: stdout
    any: info
database:
  storage: "${directory}/db"
template:
  - id: default
    storage: "${directory}"
    zonefile-sync: -1
zone:
${[...Object.keys(zones), ...failing].map((zone) => `  - domain: "${zone}"\n    file: "${zone}.zone"`).join('\n')}
`
  await writeFile(join(directory, 'knot.conf'), configuration)
  const answers = async (run: StartedRun) =>
    (await bound('udp', 53)(run)) && run.output.split('loaded, serial').length > Object.keys(zones).length
  return host.start(['knotd', '--config', join(directory, 'knot.conf')], answers)
}

/** The address of the server to which an authority refers those who ask it for a name. */
export async function delegatedTo(asking: Host, authority: string, name: string): Promise<string> {
  const words = ['+norecurse', '+noall', '+authority', '+additional', `@${authority}`, name]
  const { stdout } = await asking.run(['dig', ...words])
  const server = /\sNS\s+(\S+)/.exec(stdout)?.[1] ?? ''
  return new RegExp(`^${server}\\s.*\\sA\\s+(\\S+)`, 'm').exec(stdout)?.[1] ?? ''
}

function zoneFile(zone: string, address: string, records: string): string {
  return `$ORIGIN ${zone}.\n$TTL 60\n@ SOA ns hostmaster 1 60 60 600 5\n@ NS ns\nns A ${address}\n${records}\n`
}
