import { once } from 'node:events'
import { connect, createServer, type NetConnectOpts, type Server } from 'node:net'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

/** Passes connections on. A socket file reaches from one network namespace into another, where no address does. */
export async function startRelay(from: { port: number } | { path: string }, to: NetConnectOpts): Promise<Server> {
  const server = createServer((near) => {
    const far = connect(to)
    for (const socket of [near, far]) {
      socket.on('error', () => {
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.pipe(near)
  })
  server.listen('port' in from ? { ...from, host: '127.0.0.1' } : from)
  await once(server, 'listening')
  return server
}

// As a program, in another namespace: `node relay.ts <port> <socket file>`.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await startRelay({ port: Number(process.argv[2]) }, { path: process.argv[3] ?? '' })
  process.stdout.write('ready\n')
}
