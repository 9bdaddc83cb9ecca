import { existsSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Run, type StartedRun, startProcess } from '../e2e/support/run-synod.ts'
import { until } from '../e2e/support/until.ts'

/** The processes of one namespace. Each is ended by its own pid; what they wrote is kept for whoever has to explain a failure. */
export interface Programs {
  /** Runs words to their end; what takes longer is killed. */
  run(words: readonly string[], timeoutMs?: number): Promise<Run>
  /** Starts words that go on until they are killed, and returns when they are ready. */
  start(words: readonly string[], ready?: Ready, options?: StartOptions): Promise<StartedRun>
  /** Where the test, outside, reaches a TCP port of here. */
  urlOf(port: number, host?: string): Promise<string>
  /** What they wrote, the newest last. */
  logs(): string
  stop(): Promise<void>
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** How long it may take to be ready. */
  readonly timeoutMs?: number
}

/** Asked again and again, of the program that was just started. */
export type Ready = (started: StartedRun) => Promise<boolean>

const windowProgram = fileURLToPath(new URL('./window.ts', import.meta.url))

export function createPrograms(name: string, through: readonly string[], directory: string): Programs {
  const started: { readonly words: readonly string[]; readonly run: StartedRun }[] = []
  const doors: Server[] = []
  let window: Promise<string> | undefined

  const programs: Programs = {
    async run(words, timeoutMs = 30_000) {
      const run = startProcess([...through, ...words])
      const timer = setTimeout(() => void run.kill('SIGKILL'), timeoutMs)
      try {
        return await run.ended
      } finally {
        clearTimeout(timer)
      }
    },
    async start(words, ready, { environment, timeoutMs } = {}) {
      const run = startProcess([...through, ...words], environment)
      started.push({ words, run })
      if (ready)
        await Promise.race([
          until(`${words[0]} of ${name} is ready`, () => ready(run), timeoutMs),
          endedTooSoon(name, words, run),
        ])
      return run
    },
    async urlOf(port, host = '127.0.0.1') {
      window ??= openWindow(programs, join(directory, `${name}.window`))
      const door = await openDoor(await window, host, port)
      doors.push(door)
      return `http://127.0.0.1:${(door.address() as AddressInfo).port}`
    },
    logs: () =>
      started.map(({ words, run }) => `── ${name}: ${words.join(' ').slice(0, 200)}\n${run.output.slice(-4000)}`).join('\n'),
    async stop() {
      for (const door of doors) door.close()
      await Promise.all(started.map(({ run }) => stop(run)))
    },
  }
  return programs
}

async function stop(run: StartedRun): Promise<void> {
  const timer = setTimeout(() => void run.kill('SIGKILL'), 5_000)
  await run.kill('SIGTERM')
  clearTimeout(timer)
}

async function endedTooSoon(name: string, words: readonly string[], run: StartedRun): Promise<never> {
  const { status, signal, stdout, stderr } = await run.ended
  throw new Error(`${words[0]} of ${name} ended before it was ready (${status ?? signal})\n${stdout}${stderr}`)
}

async function openWindow(programs: Programs, path: string): Promise<string> {
  await programs.start([process.execPath, windowProgram, path], async () => existsSync(path))
  return path
}

/** A port of this machine's loopback that leads through the window. */
async function openDoor(window: string, host: string, port: number): Promise<Server> {
  const door = createServer((client) => {
    const inside = connect(window)
    inside.write(`${host} ${port}\n`)
    inside.once('error', () => client.destroy())
    client.once('error', () => inside.destroy())
    client.once('close', () => inside.destroy())
    inside.once('close', () => client.destroy())
    client.pipe(inside).pipe(client)
  })
  door.listen(0, '127.0.0.1')
  await new Promise((resolve) => door.once('listening', resolve))
  return door
}
