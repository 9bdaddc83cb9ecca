import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host, Topology } from '../topology.ts'
import { writes } from './bound.ts'

export interface Avahi {
  /** What `avahi-browse` finds of a service type, one line each, resolved. */
  browse(service: string): Promise<string[]>
  /** Announces a service, and returns when the network knows. */
  publish(service: string, port: number): Promise<void>
}

/** avahi with a message bus of its own, on a host that others share a network with. */
export async function startAvahi(topology: Topology, host: Host): Promise<Avahi> {
  const directory = join(topology.directory, `${host.name}.avahi`)
  await mkdir(directory, { recursive: true })
  const bus = `unix:path=${join(directory, 'bus')}`
  await writeFile(join(directory, 'bus.conf'), busConfiguration(bus))
  await writeFile(join(directory, 'avahi.conf'), avahiConfiguration(host.name))
  await host.start(
    ['dbus-daemon', '--nofork', '--print-address', `--config-file=${join(directory, 'bus.conf')}`],
    writes('unix:path'),
  )
  // Its files in /run are its own too: `ip netns exec` gives each program its own view of what is mounted.
  const daemon = `mkdir -p /run/avahi-daemon && mount -t tmpfs none /run/avahi-daemon && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits --file '${join(directory, 'avahi.conf')}'`
  const environment = { DBUS_SYSTEM_BUS_ADDRESS: bus }
  await host.start(['sh', '-c', daemon], writes('Server startup complete'), { environment })
  return {
    async browse(service) {
      const words = ['env', `DBUS_SYSTEM_BUS_ADDRESS=${bus}`, 'avahi-browse', '--parsable', '--resolve', '--terminate', service]
      const { stdout } = await host.run(words)
      return stdout.split('\n').filter((line) => line.startsWith('='))
    },
    async publish(service, port) {
      await host.start(['avahi-publish', '-s', host.name, service, String(port)], writes('Established'), { environment })
    },
  }
}

function avahiConfiguration(hostName: string): string {
  return `[server]
host-name=${hostName}
use-ipv4=yes
use-ipv6=no
allow-interfaces=eth0
[wide-area]
enable-wide-area=no
[publish]
publish-workstation=no
`
}

/** A bus for one daemon and its clients, all of them root and all of them ours. */
function busConfiguration(address: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
`
}
