import { createNatExplorer } from '../../adapters/nat/nat-explorer.ts'
import { createSystemClock } from '../../adapters/system/system-clock.ts'
import { systemEntropy } from '../../adapters/system/system-entropy.ts'
import { loadChain } from '../../node/config/load-chain.ts'
import { loadNodeConfig, type NodeHome } from '../../node/config/load-node-config.ts'
import { reachOf } from '../../peers/network-group.ts'
import { OperationalError } from '../../primitives/operational-error.ts'
import { answer } from '../frame/answer.ts'
import type { Console } from '../frame/command.ts'
import { judgeClock } from './clock.ts'
import { judgeDiskSpace, judgeDiskSpeed, measureDiskSpace, measureDiskSpeed } from './disk.ts'
import { examine, type Finding, failure, ok } from './finding.ts'
import { measureClock } from './measure-clock.ts'
import { measureSeeds } from './measure-seeds.ts'
import { judgePort, type ListenPort, portsOf, tryPort } from './ports.ts'
import { judgeNatType, judgePortMapping, judgePublicAddress, judgeReachability } from './reach.ts'
import { findRunningNode, type RunningNode } from './running-node.ts'
import { judgeNodeVersion, judgeOpenFiles, openFilesLimit } from './runtime.ts'
import { judgeSecrets, measureSecrets } from './secrets.ts'
import { judgeSeeds } from './seeds.ts'

export interface DoctorOptions {
  readonly home: string
  readonly overrides: readonly string[]
  /** Asked for the kind of NAT in place of those that are configured. */
  readonly stunServers: readonly string[]
  readonly json: boolean
  readonly console: Console
}

type LoadedChain = Awaited<ReturnType<typeof loadChain>>

/** Examines one thing after the other, since what is measured at once disturbs each other. Exit status 1 where something failed. */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const { console, json } = options
  const findings = await findAll(options)
  const isWell = findings.every(({ level }) => level !== 'failure')
  answer(console, json, { ok: isWell, findings }, findings.flatMap(describe))
  return isWell ? 0 : 1
}

async function findAll({ home: directory, overrides, stunServers, console }: DoctorOptions): Promise<readonly Finding[]> {
  const runtime = [judgeNodeVersion(process.versions.node)]
  try {
    const home = await loadNodeConfig({ home: directory, environment: console.environment, overrides })
    const chain = await loadChain(home)
    const configuration = ok('configuration', `node.toml and the chain spec of ${chain.spec.chain.name} are good`)
    return [...runtime, configuration, ...(await examineHome(home, chain, stunServers))]
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error
    const found = `${error.code}: ${error.message}`
    return [
      ...runtime,
      failure('configuration', found, 'Mend it first: the other checks depend on it. synod config check says more.'),
    ]
  }
}

async function examineHome(
  home: NodeHome,
  { spec, chainId }: LoadedChain,
  stunServers: readonly string[],
): Promise<readonly Finding[]> {
  const { config, dataDirectory } = home
  const user = process.platform === 'win32' ? undefined : process.getuid?.()
  const running = await findRunningNode(home)
  const listen = config.p2p.listen ?? [`/ip4/0.0.0.0/tcp/${spec.chain.port}`]
  const api: ListenPort = { use: 'api', protocol: 'tcp', host: config.api.host, port: config.api.port }
  const ports = [...portsOf(listen), ...(config.api.enabled ? [api] : [])]
  const checks: readonly (readonly [string, () => Promise<readonly Finding[] | Finding>])[] = [
    ['node', async () => judgeRunning(running)],
    ['key files', async () => judgeSecrets(await measureSecrets(home), user)],
    ['open files', async () => judgeOpenFiles(openFilesLimit(), config.p2p.connections_max)],
    ['disk space', async () => judgeDiskSpace(await measureDiskSpace(dataDirectory))],
    ['disk speed', async () => judgeDiskSpeed(await measureDiskSpeed(dataDirectory))],
    ['clock', async () => judgeClock(await measureClock(config, running, spec.consensus))],
    ['ports', () => Promise.all(ports.map(async (port) => judgePort(port, await tryPort(port), running !== undefined)))],
    [
      'nat type',
      () => examineNat(stunServers.length > 0 ? stunServers : config.nat.stun_servers, running?.status?.addresses ?? []),
    ],
    ['reachability', async () => judgeReachability(running?.status?.reachability, running?.inboundPeers ?? 0, listen.length > 0)],
    ['port mapping', async () => judgePortMapping(running?.status?.portMapping)],
    ['dns seeds', async () => judgeSeeds(await measureSeeds(config, spec, chainId), config.p2p.peers.length > 0)],
  ]
  const findings: Finding[] = []
  for (const [check, measure] of checks) findings.push(...(await examine(check, measure)))
  return findings
}

async function examineNat(servers: readonly string[], addresses: readonly string[]): Promise<readonly Finding[]> {
  const explorer = createNatExplorer({ servers, clock: createSystemClock(), entropy: systemEntropy })
  const { ipv4, ipv6 } = servers.length === 0 ? {} : await explorer.explore()
  const report = ipv4 ?? ipv6
  const announced = addresses.filter((address) => reachOf(address.split('/')[2] ?? '') === 'world')
  return [judgeNatType(report), judgePublicAddress(report, announced)]
}

function judgeRunning(running: RunningNode | undefined): Finding {
  if (!running) return ok('node', 'does not run')
  const { status } = running
  if (!status) return ok('node', 'runs; its API does not answer, so less can be told')
  if (status.fault !== null) return failure('node', `has a fault: ${status.fault}`, 'Read its log, and docs/runbooks.')
  return ok('node', `runs, at height ${status.height}`)
}

function describe({ check, level, found, advice }: Finding): readonly string[] {
  const line = `${level.padEnd(7)}  ${check.padEnd(14)}  ${found}`
  return advice === undefined ? [line] : [line, `${' '.repeat(25)}${advice}`]
}
