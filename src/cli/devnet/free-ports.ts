import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Ports of loopback on which nothing listens now, all different: the default ones where they are free. */
export async function freePorts(count: number, preferredFrom = 26_700): Promise<readonly number[]> {
  const held: Server[] = []
  try {
    for (let index = 0; index < count; index++) held.push((await hold(preferredFrom + index)) ?? (await hold(0)) ?? fail())
    return held.map(portOf)
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

async function hold(port: number): Promise<Server | undefined> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  )
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : fail()
}

function fail(): never {
  throw new Error('no port of 127.0.0.1 is free')
}
