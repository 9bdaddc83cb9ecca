import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'

/**
 * Another machine, as far as Linux namespaces make one: with a small disk of its own, and a network that reaches nobody. Needs no
 * rights where unprivileged user namespaces are allowed.
 */
export interface Machine {
  /** Put before a command, runs it there. */
  readonly through: readonly string[]
  /** Ends what holds it open; processes that run there are the caller's to end. */
  close(): Promise<void>
}

export interface MachineOptions {
  /** A disk of that many MiB at that path, seen from this machine alone. */
  readonly disk?: { readonly path: string; readonly mebibytes: number }
  /** Whether it has a loopback of its own instead of this machine's network. */
  readonly ownNetwork?: boolean
}

/** Why machines cannot be made here; empty where they can. */
export function whyNoMachines(): string {
  const tried = spawnSync('unshare', ['--user', '--map-root-user', '--mount', '--net', 'ip', 'link', 'set', 'lo', 'up'])
  if (tried.error) return 'there is no unshare'
  return tried.status === 0 ? '' : 'namespaces are not allowed'
}

export async function openMachine({ disk, ownNetwork = false }: MachineOptions): Promise<Machine> {
  const namespaces = ['--user', '--map-root-user', '--mount', ...(ownNetwork ? ['--net'] : [])]
  if (disk) await mkdir(disk.path, { recursive: true })
  const steps = [
    ...(disk ? [`mount -t tmpfs -o size=${disk.mebibytes}m tmpfs '${disk.path}'`] : []),
    ...(ownNetwork ? ['ip link set lo up'] : []),
    'echo ready',
    'exec cat',
  ]
  const keeper = spawn('unshare', [...namespaces, 'sh', '-c', steps.join(' && ')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(keeper, 'exit')
  const ready = await Promise.race([once(keeper.stdout, 'data').then(() => true), ended.then(() => false)])
  if (!ready) throw new Error('the machine could not be made')
  const entered = ['--user', '--preserve-credentials', '--mount', ...(ownNetwork ? ['--net'] : [])]
  return {
    through: ['nsenter', '--target', String(keeper.pid), ...entered],
    async close() {
      keeper.kill('SIGKILL')
      await ended
    },
  }
}
