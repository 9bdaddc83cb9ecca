import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One node of a local network, as a process of its own, which can be killed and started again. */
export interface NodeProcess {
  readonly name: string
  readonly url: string
  readonly home: string
  readonly running: boolean
  readonly pid: number | undefined
  start(): Promise<void>
  /** Power failure: SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM, and SIGKILL for one that does not stop in time. */
  stop(): Promise<void>
}

const stopTimeoutMs = 10_000
const launcher = fileURLToPath(new URL('../../../bin/synod.js', import.meta.url))

export function createNodeProcess(options: {
  name: string
  url: string
  home: string
  /** Settings stronger than the home's own. */
  overrides: readonly string[]
  /** Called when a process ends that nobody asked to end. */
  onExit: (name: string, code: number | null) => void
}): NodeProcess {
  const { name, url, home } = options
  const settings = options.overrides.flatMap((setting) => ['--set', setting])
  let child: ChildProcess | undefined
  let expected = false

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const ending = child
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    expected = true
    const exited = once(ending, 'exit')
    ending.kill(signal)
    const timer = setTimeout(() => ending.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(timer)
  }

  return {
    name,
    url,
    home,
    get running() {
      return child !== undefined && child.exitCode === null && child.signalCode === null
    },
    get pid() {
      return child?.pid
    },
    async start() {
      const log = await open(join(home, 'node.log'), 'a')
      expected = false
      const started = spawn(process.execPath, [launcher, 'start', '--home', home, ...settings], {
        stdio: ['ignore', log.fd, log.fd],
      })
      child = started
      // Whatever ends this process, a closed pipe among it, ends its nodes.
      const endWithUs = () => void started.kill('SIGTERM')
      process.once('exit', endWithUs)
      started.on('exit', (code) => {
        process.off('exit', endWithUs)
        if (!expected && child === started) options.onExit(name, code)
      })
      await once(started, 'spawn')
      await log.close()
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  }
}
