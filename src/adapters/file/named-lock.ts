import { once } from 'node:events'
import { unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pid, platform } from 'node:process'

/** A name that one process of this machine holds. The system takes it back when the process ends, however it ends. */
export interface NamedLock {
  release(): Promise<void>
}

const answerTimeoutMs = 1_000

/**
 * Holds `name`, or returns the process id of whoever does (0 when it does not say). The name is a listening local socket: abstract on
 * Linux, a pipe on Windows, so that nothing is left behind by a killed process; elsewhere a socket file, taken over when nobody
 * answers on it. The holder tells its process id to whoever connects. A network namespace is a machine of its own here.
 */
export async function holdName(name: string): Promise<NamedLock | { readonly heldBy: number }> {
  const address = addressOf(name)
  const first = await listen(address)
  if (first) return lockOn(first)
  const holder = await askHolder(address)
  if (holder !== undefined) return { heldBy: holder }
  if (platform !== 'linux' && platform !== 'win32') await unlink(address).catch(() => undefined)
  const second = await listen(address)
  return second ? lockOn(second) : { heldBy: (await askHolder(address)) ?? 0 }
}

function addressOf(name: string): string {
  if (platform === 'linux') return `\0${name}`
  if (platform === 'win32') return `\\\\.\\pipe\\${name}`
  return join(tmpdir(), `${name}.sock`)
}

/** The listening server, or `undefined` when the address is taken. */
async function listen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.end(String(pid))
  })
  try {
    server.listen(address)
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
  server.unref()
  return server
}

/** The holder's process id, 0 when it is silent or talks nonsense, `undefined` when there is no holder. */
async function askHolder(address: string): Promise<number | undefined> {
  const socket = connect(address)
  socket.setTimeout(answerTimeoutMs, () => socket.destroy())
  socket.setEncoding('utf8')
  let answer = ''
  try {
    for await (const part of socket) {
      answer += part
      if (answer.length > 20) break
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ECONNREFUSED' || code === 'ENOENT' ? undefined : 0
  }
  return /^[1-9][0-9]{0,9}$/.test(answer) ? Number(answer) : 0
}

function lockOn(server: Server): NamedLock {
  return {
    async release() {
      server.close()
      await once(server, 'close')
    },
  }
}
