import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { assert } from '../../primitives/assert.ts'

/**
 * Ports of loopback on which nothing listens now, all different: the default ones where they are free.
 * @param hostOf the address on which each will be used: a port that is free on one may be taken on another.
 */
export async function freePorts(
  count: number,
  preferredFrom = 26_700,
  hostOf: (index: number) => string = () => '127.0.0.1',
): Promise<readonly number[]> {
  const held: Server[] = []
  try {
    for (let index = 0; index < count; index++) {
      const host = hostOf(index)
      held.push((await hold(preferredFrom + index, host)) ?? (await hold(0, host)) ?? fail(host))
    }
    return held.map(portOf)
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

async function hold(port: number, host: string): Promise<Server | undefined> {
  const server = createServer()
  server.listen(port, host)
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  )
}

function portOf(server: Server): number {
  const address = server.address()
  assert(typeof address === 'object' && address, 'a server that listens on a port has one')
  return address.port
}

function fail(host: string): never {
  throw new Error(`no port of ${host} is free`)
}
