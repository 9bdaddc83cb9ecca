import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert } from '../../src/primitives/assert.ts'
import { ip, loadRules, namespaceName, removeLeftovers, removeNamespace, setKernel, startKeeper } from './namespaces.ts'
import { type NatKind, natRules } from './nat-rules.ts'
import { createPrograms, type Programs } from './programs.ts'

/**
 * A little internet of network namespaces: one bridge where every host has a public address, and routers with hosts behind them.
 * Nothing of it is linked with this machine's network, so the addresses can look like anybody's: each host has a /16 of its own, which
 * is what tells groups of addresses apart.
 */
export interface Topology {
  /** Removed with the topology; for homes, zones and configurations. */
  readonly directory: string
  /** A host with a public address, or behind a router. */
  host(name: string, behind?: Router): Promise<Host>
  /** A router with a public address, and a network behind it. */
  router(name: string, kind: NatKind): Promise<Router>
  /** Gives a public host one more address. */
  secondAddress(host: Host): Promise<string>
  /** From where the test looks at a host: for all public ones one host of its own, for others the host itself. */
  observerOf(host: Host): Promise<Host>
  /** What every program wrote, for whoever has to explain a failure. */
  logs(): string
  /** Ends every process that runs in it and removes it. */
  close(): Promise<void>
}

export interface Host extends Programs {
  readonly name: string
  readonly namespace: string
  /** As its own interface has it. */
  readonly address: string
  /** Put before a command, runs it there. */
  readonly through: readonly string[]
}

export interface Router extends Host {
  readonly kind: NatKind
  /** The first 24 bits of the addresses behind it, as 10.7.0. */
  readonly lan: string
}

/** A network that hosts plug into: a bridge in some namespace. */
interface Wire {
  readonly namespace: string
  readonly bridge: string
}

export async function openTopology(name: string): Promise<Topology> {
  await removeLeftovers()
  const directory = await mkdtemp(join(tmpdir(), 'synod-topology-'))
  const keeper = startKeeper(name, directory)
  const internet = { namespace: namespaceName(name, 'internet'), bridge: 'bridge' }
  const hosts: Host[] = []
  const counts = { public: 0, ports: 0, behind: new Map<Router, number>() }

  let observer: Promise<Host> | undefined

  async function add(hostName: string): Promise<Host> {
    const namespace = namespaceName(name, hostName)
    await ip('netns', 'add', namespace)
    await setKernel(namespace, { 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 })
    await ip('-n', namespace, 'link', 'set', 'lo', 'up')
    const through = ['ip', 'netns', 'exec', namespace]
    const host = { name: hostName, namespace, address: '', through, ...createPrograms(hostName, through, directory) }
    hosts.push(host)
    return host
  }

  /** Plugs a new interface of a host into a network. */
  async function plug(host: Host, device: string, wire: Wire, address: string): Promise<void> {
    const port = `port${++counts.ports}`
    await ip(
      'link',
      'add',
      'name',
      device,
      'netns',
      host.namespace,
      'type',
      'veth',
      'peer',
      'name',
      port,
      'netns',
      wire.namespace,
    )
    await ip('-n', wire.namespace, 'link', 'set', port, 'master', wire.bridge, 'up')
    await ip('-n', host.namespace, 'address', 'add', address, 'dev', device)
    await ip('-n', host.namespace, 'link', 'set', device, 'up')
  }

  async function addPublic(hostName: string, device: string): Promise<Host> {
    const host = await add(hostName)
    counts.public += 1
    assert(counts.public < 255)
    const address = `45.${counts.public}.0.10`
    await plug(host, device, internet, `${address}/8`)
    // What is sent to everybody else, multicasts among it, leaves by the one interface, and finds nobody.
    await ip('-n', host.namespace, 'route', 'add', 'default', 'dev', device)
    return { ...host, address }
  }

  await ip('netns', 'add', internet.namespace)
  await ip('-n', internet.namespace, 'link', 'add', internet.bridge, 'type', 'bridge')
  await ip('-n', internet.namespace, 'link', 'set', internet.bridge, 'up')
  await loadRules(internet.namespace, withoutMulticast)

  return {
    directory,
    async host(hostName, behind) {
      if (!behind) return addPublic(hostName, 'eth0')
      const host = await add(hostName)
      const place = (counts.behind.get(behind) ?? 1) + 1
      counts.behind.set(behind, place)
      const address = `${behind.lan}.${place}`
      await plug(host, 'eth0', { namespace: behind.namespace, bridge: 'lan' }, `${address}/24`)
      await ip('-n', host.namespace, 'route', 'add', 'default', 'via', `${behind.lan}.1`)
      return { ...host, address }
    },
    async router(routerName, kind) {
      const host = await addPublic(routerName, 'wan')
      const lan = `10.${counts.public}.0`
      await ip('-n', host.namespace, 'link', 'add', 'lan', 'type', 'bridge')
      await ip('-n', host.namespace, 'address', 'add', `${lan}.1/24`, 'dev', 'lan')
      await ip('-n', host.namespace, 'link', 'set', 'lan', 'up')
      await setKernel(host.namespace, { 'net.ipv4.ip_forward': 1 })
      await loadRules(host.namespace, natRules(kind, `${lan}.2`))
      return { ...host, kind, lan }
    },
    async secondAddress(host) {
      const address = host.address.replace(/\.10$/, '.11')
      await ip('-n', host.namespace, 'address', 'add', `${address}/8`, 'dev', 'eth0')
      return address
    },
    observerOf(host) {
      if (!host.address.startsWith('45.')) return Promise.resolve(host)
      observer ??= addPublic('observer', 'eth0')
      return observer
    },
    logs: () => hosts.map((host) => host.logs()).join('\n'),
    async close() {
      await Promise.all(hosts.map((host) => host.stop()))
      for (const host of hosts) await removeNamespace(host.namespace)
      await removeNamespace(internet.namespace)
      await rm(directory, { recursive: true, force: true })
      await keeper.end()
    },
  }
}

/** The hosts of an internet are no neighbours: none hears what another says to everybody. */
const withoutMulticast = `
table bridge internet {
  chain forward {
    type filter hook forward priority filter; policy accept
    ether daddr & ff:ff:ff:00:00:00 == 01:00:5e:00:00:00 drop
  }
}`
