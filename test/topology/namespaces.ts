import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

/**
 * Network namespaces by name. A name says whose they are, `synod-<process>-…`, so that what a killed run left behind is told from what
 * another run uses, and is removed. Nothing in them is linked with the network of this machine.
 */
const prefix = 'synod-'
const run = promisify(execFile)

/** Why topologies cannot be built here; empty where they can. */
function whyNoTopologies(): string {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const missing = ['ip', 'nft'].filter((tool) => spawnSync(tool, ['-V']).error)
  if (missing.length > 0) return `there is no ${missing.join(' and no ')}`
  const probe = `${ownPrefix()}probe`
  try {
    if (spawnSync('ip', ['netns', 'add', probe]).status !== 0) return 'network namespaces are not allowed'
    const nat = 'add table ip t; add chain ip t c { type nat hook postrouting priority 100; }; add rule ip t c masquerade random'
    return spawnSync('ip', ['netns', 'exec', probe, 'nft', nat]).status === 0 ? '' : 'network address translation is not allowed'
  } finally {
    spawnSync('ip', ['netns', 'del', probe])
  }
}

/** Whether a program is installed, also one for administrators that is not on everybody's path. */
function hasProgram(name: string): boolean {
  const places = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']
  return places.some((place) => place !== '' && existsSync(`${place}/${name}`))
}

/** Why a test that needs these programs cannot run here; empty where it can. */
export function whyNot(...programs: readonly string[]): string {
  const missing = programs.filter((program) => !hasProgram(program))
  return whyNoTopologies() || (missing.length > 0 ? `there is no ${missing.join(' and no ')}` : '')
}

export function namespaceName(topology: string, host: string): string {
  return `${ownPrefix()}${topology}-${host}`
}

/** Runs `ip` with these words. */
export async function ip(...words: readonly string[]): Promise<string> {
  const { stdout } = await run('ip', words)
  return stdout
}

/** Loads a ruleset in a namespace. */
export async function loadRules(namespace: string, rules: string): Promise<void> {
  const loaded = run('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'])
  loaded.child.stdin?.end(rules)
  await loaded
}

/** Sets kernel parameters of a namespace. */
export async function setKernel(namespace: string, settings: Readonly<Record<string, number>>): Promise<void> {
  const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  await run('ip', ['netns', 'exec', namespace, 'sysctl', '-q', '-e', '-w', ...words])
}

export async function removeNamespace(name: string): Promise<void> {
  await endAllIn(name)
  await ip('netns', 'del', name)
}

/** Removes the namespaces of runs that have ended, and ends what runs in them. */
export async function removeLeftovers(): Promise<void> {
  for (const name of await namespaces()) {
    const owner = /^synod-(\d+)-/.exec(name)?.[1]
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue
    // Another run may be about the same.
    await removeNamespace(name).catch(() => undefined)
  }
}

/**
 * Cleans up after this very process when it dies without having done so itself: it holds the other end of a pipe, which a death of any
 * kind closes.
 */
export function startKeeper(topology: string, directory: string): { end(): Promise<void> } {
  const script = `cat >/dev/null
for name in $(ip netns list | cut -d' ' -f1 | grep '^${namespaceName(topology, '')}'); do
  for pid in $(ip netns pids "$name"); do kill -9 "$pid"; done
  ip netns del "$name"
done
rm -rf '${directory}'`
  const keeper = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  keeper.unref()
  ;(keeper.stdin as unknown as { unref(): void }).unref()
  return { end: () => endKeeper(keeper) }
}

async function endKeeper(keeper: ChildProcess): Promise<void> {
  const ended = once(keeper, 'exit')
  keeper.ref()
  keeper.stdin?.end()
  await ended
}

async function namespaces(): Promise<string[]> {
  const list = await ip('netns', 'list')
  return list
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith(prefix))
}

async function endAllIn(name: string): Promise<void> {
  const pids = (await ip('netns', 'pids', name)).split('\n').filter((pid) => pid !== '')
  for (const pid of pids) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

function ownPrefix(): string {
  return `${prefix}${process.pid}-`
}
