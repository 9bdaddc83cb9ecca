import { lookup } from 'node:dns/promises'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { OperationalError } from '../../primitives/operational-error.ts'
import type { NodeAnswer } from './consent.ts'

const timeoutMs = 10_000
const answerBytesMax = 1 << 20

/**
 * Asks a node's API whether it takes the token, and where it listens. The name in the URL is resolved once, and only that address is
 * spoken to: neither a redirect nor a proxy leads elsewhere. Throws `OperationalError` API_REFUSED when it does not answer.
 */
export async function askNodeConsent(api: string, token: string): Promise<NodeAnswer> {
  const url = new URL(api)
  const name = url.hostname.replace(/^\[|\]$/g, '')
  const apiHost = isIP(name) ? name : (await lookup(name).catch((cause: unknown) => unreachable(api, cause))).address
  const operator = await get(new URL('/v1/operator/bans', url), apiHost, token)
  const status = await get(new URL('/v1/status', url), apiHost, token)
  return { apiHost, tokenAccepted: operator.status === 200, addresses: addressesIn(status.body) }
}

function get(url: URL, host: string, token: string): Promise<{ readonly status: number; readonly body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly body: string }>()
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const family = isIP(host)
  const asked = request(
    url,
    {
      headers: { authorization: `Bearer ${token}` },
      timeout: timeoutMs,
      // Node asks for one address or for all, as it sees fit.
      lookup: (_name, options, found) =>
        options.all === true ? found(null, [{ address: host, family }]) : found(null, host, family),
    },
    (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
        if (body.length > answerBytesMax) asked.destroy(new Error('the answer is too long'))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    },
  )
  asked.on('timeout', () => asked.destroy(new Error('no answer in time')))
  asked.on('error', reject)
  asked.end()
  return promise.catch((cause: unknown) => unreachable(url.origin, cause))
}

function addressesIn(body: string): readonly string[] {
  try {
    const addresses = (JSON.parse(body) as { readonly addresses?: unknown } | null)?.addresses
    return Array.isArray(addresses) ? addresses.filter((address) => typeof address === 'string') : []
  } catch {
    return []
  }
}

function unreachable(where: string, cause: unknown): never {
  throw new OperationalError(
    'API_REFUSED',
    `The API does not answer: ${cause instanceof Error ? cause.message : String(cause)}.`,
    {
      where,
      cause,
    },
  )
}
