import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { freePorts } from './free-ports.ts'
import { loopbackHost } from './loopback-host.ts'

const server = createServer()
afterEach(() => void server.close())

it('a port is free on the address on which it will be used', async () => {
  const [port = 0] = await freePorts(1, 21_000 + Math.floor(Math.random() * 5000))
  server.listen(port, loopbackHost(3))
  await once(server, 'listening')
  const [here, there] = [await freePorts(1, port, () => '127.0.0.1'), await freePorts(1, port, () => loopbackHost(3))]
  expect(here).toEqual([port])
  expect(there).not.toEqual([port])
  expect(new Set(await freePorts(4, port, loopbackHost)).size).toBe(4)
})
