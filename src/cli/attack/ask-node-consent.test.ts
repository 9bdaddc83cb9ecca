import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { askNodeConsent } from './ask-node-consent.ts'

let server: Server | undefined
afterEach(() => server?.close())

async function serve(listener: RequestListener): Promise<number> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const token = 'a'.repeat(64)
const addresses = ['/ip4/127.0.0.1/tcp/1']

/** A node's API as far as consent goes. */
const api: RequestListener = (request, response) => {
  const isOperator = request.headers.authorization === `Bearer ${token}`
  if (request.url?.startsWith('/v1/operator')) response.statusCode = isOperator ? 200 : 403
  response.end(JSON.stringify(request.url === '/v1/status' ? { addresses } : {}))
}

describe('consent', () => {
  it('is what the node’s API answers to its operator', async () => {
    const port = await serve(api)
    expect(await askNodeConsent(`http://127.0.0.1:${port}`, token)).toEqual({
      apiHost: '127.0.0.1',
      tokenAccepted: true,
      addresses,
    })
    expect(await askNodeConsent(`http://localhost:${port}`, 'b'.repeat(64))).toMatchObject({ tokenAccepted: false })
  })

  it('does not follow where the API points', async () => {
    const port = await serve((request, response) => {
      if (request.url?.startsWith('/elsewhere')) response.end('{}')
      else response.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect(await askNodeConsent(`http://127.0.0.1:${port}`, token)).toMatchObject({ tokenAccepted: false, addresses: [] })
  })

  it.each(['null', '[]', '{"addresses":7}', '{"addresses":[7,null]}', 'nonsense'])('is none of %s', async (body) => {
    const port = await serve((_request, response) => response.end(body))
    expect(await askNodeConsent(`http://127.0.0.1:${port}`, token)).toMatchObject({ addresses: [] })
  })

  it('cannot come from an API that is not there', async () => {
    const port = await serve(api)
    await new Promise((resolve) => server?.close(resolve))
    await expect(askNodeConsent(`http://127.0.0.1:${port}`, token)).rejects.toMatchObject({ code: 'API_REFUSED' })
  })
})
