import { once } from 'node:events'
import { createServer } from 'node:http'
import { OperationalError } from '../../primitives/operational-error.ts'

export interface StatusServer {
  readonly url: string
  stop(): Promise<void>
}

const requestTimeoutMs = 5000
const connectionsMax = 64

/** Serves `/metrics` and `/status` to whoever reaches it, and reads nothing. Throws LISTEN_FAILED. */
export async function startStatusServer(options: {
  readonly host: string
  readonly port: number
  readonly metrics: { readonly contentType: string; exposition(): Promise<string> }
  readonly status: () => object
}): Promise<StatusServer> {
  const { host, port, metrics, status } = options
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    async (request, response) => {
      const path = request.method === 'GET' ? request.url : undefined
      if (path === '/metrics') response.setHeader('content-type', metrics.contentType).end(await metrics.exposition())
      else if (path === '/status') response.setHeader('content-type', 'application/json').end(JSON.stringify(status()))
      else response.writeHead(404).end()
    },
  )
  server.maxConnections = connectionsMax
  server.listen(port, host)
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    throw new OperationalError('LISTEN_FAILED', `The metrics cannot be served: ${cause.code}.`, {
      where: `${host}:${port}`,
      cause,
    })
  })
  const address = server.address()
  const actual = typeof address === 'object' && address ? address.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
