import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

/** A peer of another make, in a process of its own: commands go in by line, what happens comes out by line. */
export interface ForeignPeer {
  readonly id: string
  /** Where it listens, peer id included. */
  readonly address: string
  command(...words: string[]): void
  /** The rest of the next line that begins with this word, whether it has come already or not. */
  told(word: string): Promise<string>
  stop(): Promise<void>
}

export type Make = 'go' | 'rust'
export const makes: readonly Make[] = ['go', 'rust']

/** Where toolchains are put that are not on the path of everybody. */
const toolchains = ['/usr/local/go/bin', join(homedir(), '.cargo/bin')]
const environment = { ...process.env, PATH: [process.env['PATH'], ...toolchains].join(delimiter) }
/** Outside of the repository: what is built stays from one run to the next, and thousands of files do not lie among the sources. */
const cache = process.env['SYNOD_INTEROP_CACHE'] ?? join(homedir(), '.cache', 'synod-interop')

const builds: Readonly<Record<Make, { readonly tool: string; readonly build: readonly string[]; readonly binary: string }>> = {
  go: { tool: 'go', build: ['build', '-o', join(cache, 'go-peer'), '.'], binary: join(cache, 'go-peer') },
  rust: {
    tool: 'cargo',
    build: ['build', '--locked', '--target-dir', join(cache, 'rust')],
    binary: join(cache, 'rust', 'debug', 'synod-interop-peer'),
  },
}

/** Why a make cannot be tested here; `undefined` when it can. */
export function missing(make: Make): string | undefined {
  const { tool } = builds[make]
  const found = spawnSync(tool, [make === 'go' ? 'version' : '--version'], { env: environment })
  return found.status === 0 ? undefined : `${tool} is not installed`
}

/** Takes minutes the first time, and seconds afterwards. */
export function build(make: Make): void {
  const { tool, build: options, binary } = builds[make]
  mkdirSync(cache, { recursive: true })
  const cwd = join(import.meta.dirname, make)
  const { status, stderr } = spawnSync(tool, options, { cwd, env: environment, encoding: 'utf8' })
  if (status !== 0 || !existsSync(binary)) throw new Error(`${tool} ${options.join(' ')} failed:\n${stderr}`)
}

export async function startForeignPeer(
  make: Make,
  options: {
    readonly security: 'tls' | 'noise'
    readonly listen: string
    readonly chainId: string
    readonly genesisRoot: string
  },
): Promise<ForeignPeer> {
  const { security, listen, chainId, genesisRoot } = options
  const child = spawn(builds[make].binary, [security, listen, chainId, genesisRoot], { stdio: ['pipe', 'pipe', 'pipe'] })
  const lines = followLines(child)
  const id = await lines.told('ready')
  const address = await lines.told('listening')
  return {
    id,
    address,
    command: (...words) => void child.stdin?.write(`${words.join(' ')}\n`),
    told: lines.told,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}

const patienceMs = 30_000

function followLines(child: ChildProcess) {
  const heard: string[] = []
  const listeners = new Set<() => void>()
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2_000)
  })
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      heard.push(line)
      for (const listener of [...listeners]) listener()
    })

  function take(word: string): string | undefined {
    const index = heard.findIndex((line) => line === word || line.startsWith(`${word} `))
    return index === -1 ? undefined : (heard.splice(index, 1)[0] as string).slice(word.length + 1)
  }

  return {
    told(word: string): Promise<string> {
      return new Promise((resolve, reject) => {
        const settle = (then: () => void) => {
          listeners.delete(look)
          clearTimeout(timer)
          then()
        }
        const timer = setTimeout(
          () => settle(() => reject(new Error(`never told "${word}"; told ${JSON.stringify(heard)}; errors: ${errors}`))),
          patienceMs,
        )
        function look(): void {
          const rest = take(word)
          if (rest !== undefined) settle(() => resolve(rest))
        }
        listeners.add(look)
        look()
      })
    },
  }
}
