import { OperationalError } from '../../primitives/operational-error.ts'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  /** This machine's address on the connection. */
  readonly localHost: string
}

/** No gateway's description is as long. */
const bodyBytesMax = 256 << 10

/**
 * One HTTP request to a device on the own network: no redirects, no proxies, a bounded answer, and a deadline for all of it, since
 * whoever answers may be anything. Rejects with `OperationalError` GATEWAY_FAILED.
 */
export async function httpAsk(
  url: URL,
  {
    method = 'GET',
    headers = {},
    body = '',
    timeoutMs,
  }: { method?: string; headers?: Record<string, string>; body?: string; timeoutMs: number },
): Promise<HttpAnswer> {
  // Whoever imports it at the start pays for all that Node makes of HTTP, a WebSocket included.
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(deadline)
      asked.destroy()
      reject(new OperationalError('GATEWAY_FAILED', `The gateway at ${url.host} ${why}.`))
    }
    const asked = request(url, {
      method,
      agent: false,
      headers: { ...headers, Connection: 'close', 'Content-Length': Buffer.byteLength(body) },
    })
    const deadline = setTimeout(() => fail(`did not answer within ${timeoutMs} ms`), timeoutMs)
    asked.on('error', () => fail('cannot be asked'))
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      const localHost = response.socket.localAddress ?? ''
      let bytes = 0
      response.on('error', () => fail('broke off its answer'))
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > bodyBytesMax) return fail('answers without end')
        chunks.push(chunk)
      })
      response.on('end', () => {
        clearTimeout(deadline)
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8'), localHost })
      })
    })
    asked.end(body)
  })
}
