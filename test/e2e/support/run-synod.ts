import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../../bin/synod.js', import.meta.url))

/** A run of the command line, as a shell sees it. */
export interface Run {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface StartedRun {
  readonly pid: number
  /** So far. */
  readonly output: string
  readonly ended: Promise<Run>
  /** Ends it, if it has not ended. */
  kill(signal?: NodeJS.Signals): Promise<Run>
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** What runs it, instead of this very Node: a command and its first arguments. */
  readonly through?: readonly string[]
}

/** Starts `synod` with these words. */
export function startSynod(words: readonly string[], options: RunOptions = {}): StartedRun {
  return startProcess([...(options.through ?? []), process.execPath, launcher, ...words], options.environment)
}

/** Runs `synod` to its end; one that takes longer is killed, and its signal says so. */
export async function runSynod(words: readonly string[], options: RunOptions & { timeoutMs?: number } = {}): Promise<Run> {
  const run = startSynod(words, options)
  const timer = setTimeout(() => void run.kill('SIGKILL'), options.timeoutMs ?? 60_000)
  try {
    return await run.ended
  } finally {
    clearTimeout(timer)
  }
}

export function startProcess(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd?: string,
): StartedRun {
  const [command = '', ...rest] = words
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // No test asks the router of the machine it happens to run on.
    env: { SYNOD_NAT_UPNP: 'false', ...process.env, ...environment },
    ...(cwd !== undefined && { cwd }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = once(child, 'close').then(
    ([status, signal]): Run => ({ status: status as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr }),
  )
  return {
    pid: child.pid ?? 0,
    get output() {
      return stdout + stderr
    },
    ended,
    async kill(signal = 'SIGTERM') {
      if (isRunning(child)) child.kill(signal)
      return ended
    },
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}
