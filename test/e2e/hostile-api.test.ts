import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchSchema } from '../../src/chain/batch.ts'
import { errorView } from '../../src/client/views.ts'
import { encode } from '../../src/codec/codec.ts'
import { rejections } from '../../src/primitives/error-catalogue.ts'
import { heightOf, type LocalNetwork, reaches, startLocalNetwork } from './support/local-network.ts'
import { signedTransfer } from './support/signed-transfer.ts'
import { until } from './support/until.ts'

let network: LocalNetwork
const sockets: Socket[] = []

beforeAll(async () => {
  network = await startLocalNetwork({ intervalMs: 100 })
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await network?.stop()
})

const url = () => network.nodes[0]!.url
const target = () => ({ host: '127.0.0.1', port: Number(new URL(url()).port) })

async function expectProgress(): Promise<void> {
  const node = network.nodes[0]!
  expect(node.running).toBe(true)
  await reaches(node, (await heightOf(node)) + 3)
}

/** Every refusal has the one documented shape, and a code of the catalogue. */
async function expectRefused(response: Response, status: number, code: string): Promise<void> {
  const body: unknown = await response.json()
  expect({ status: response.status, body }).toMatchObject({ status, body: { error: { code } } })
  expect(Object.keys(rejections)).toContain(errorView.strict().parse(body).error.code)
}

function post(body: string | Uint8Array<ArrayBuffer>, type: string): Promise<Response> {
  return fetch(new URL('/v1/transactions', url()), { method: 'POST', headers: { 'content-type': type }, body })
}

/** Opens a raw connection and leaves it to the test's end. */
async function dial(): Promise<Socket> {
  const socket = connect(target())
  socket.on('error', () => undefined)
  sockets.push(socket)
  await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  return socket
}

describe('a request that makes no sense', () => {
  const octets = 'application/octet-stream'
  test.each<[string, number, string, () => Promise<Response>]>([
    ['an unknown path', 404, 'API_NOT_FOUND', () => fetch(new URL('/v1/nothing', url()))],
    ['a method no path has', 404, 'API_NOT_FOUND', () => fetch(new URL('/v1/status', url()), { method: 'DELETE' })],
    ['a height that is no number', 400, 'API_MALFORMED', () => fetch(new URL('/v1/blocks/many', url()))],
    ['a height beyond numbers', 400, 'API_MALFORMED', () => fetch(new URL(`/v1/blocks/${'9'.repeat(40)}`, url()))],
    ['a height to come', 404, 'API_NOT_FOUND', () => fetch(new URL('/v1/blocks/999999999', url()))],
    ['an id of another length', 400, 'API_MALFORMED', () => fetch(new URL('/v1/transactions/00ff', url()))],
    ['an unknown id', 404, 'API_NOT_FOUND', () => fetch(new URL(`/v1/transactions/${'00'.repeat(32)}`, url()))],
    ['an address that is none', 400, 'ADDRESS_MALFORMED', () => fetch(new URL('/v1/accounts/synod1nobody', url()))],
    ['a key that is not hexadecimal', 400, 'API_MALFORMED', () => fetch(new URL('/v1/state/xyz', url()))],
    ['a query nobody answers', 400, 'QUERY_UNKNOWN', () => fetch(new URL('/v1/query/weather', url()))],
    ['a query that asks nothing', 400, 'QUERY_MALFORMED', () => fetch(new URL('/v1/query/account', url()))],
    ['a query that asks twice', 400, 'API_MALFORMED', () => fetch(new URL('/v1/query/account?data=00&data=00', url()))],
    ['a path with a broken escape', 400, 'API_MALFORMED', () => fetch(`${url()}/v1/accounts/%ff%fe`)],
    ['a parameter without end', 414, 'API_MALFORMED', () => fetch(new URL(`/v1/state/${'00'.repeat(4000)}`, url()))],
    ['JSON that breaks off', 400, 'API_MALFORMED', () => post('{"transactions": ["00', 'application/json')],
    ['JSON of another shape', 400, 'API_MALFORMED', () => post('{"transactions": [1]}', 'application/json')],
    ['JSON that would change prototypes', 400, 'API_MALFORMED', () => post('{"__proto__": {"x": 1}}', 'application/json')],
    ['no transaction', 400, 'API_MALFORMED', () => post('{"transactions": []}', 'application/json')],
    ['another content type', 415, 'API_MALFORMED', () => post('hello', 'text/plain')],
    ['a body that is too long', 413, 'API_MALFORMED', () => post(new Uint8Array(3 << 20), octets)],
    ['what is the operator’s, without a token', 401, 'API_TOKEN_MISSING', () => fetch(new URL('/v1/operator/net', url()))],
    [
      'a token that is none, with a body nobody shall read',
      403,
      'API_TOKEN_WRONG',
      () =>
        fetch(new URL('/v1/operator/ban', url()), {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${'x'.repeat(8000)}` },
          body: '{"target": '.repeat(100_000),
        }),
    ],
    ['an empty batch', 400, 'CODEC_TRUNCATED', () => post(new Uint8Array(0), octets)],
  ])('%s: %i %s', async (_what, status, code, ask) => expectRefused(await ask(), status, code))

  test('random bytes and batches cut anywhere are refused by the codec’s codes', async () => {
    const batch = encode(batchSchema, {
      transactions: [signedTransfer(network, network.accounts[0]!, network.accounts[1]!).encoded],
    })
    const bodies = [
      ...Array.from({ length: 100 }, (_, index) => new Uint8Array(randomBytes(1 + index * 7))),
      ...Array.from({ length: 50 }, (_, index) => batch.slice(0, Math.floor((index * batch.length) / 50))),
    ]
    for (const body of bodies) {
      const response = await post(body, octets)
      const answer: unknown = await response.json()
      expect(response.status, Buffer.from(body).toString('hex')).toBe(400)
      expect(errorView.parse(answer).error.code).toMatch(/^(CODEC_|API_MALFORMED)/)
    }
    await expectProgress()
  })
})

test('bytes that are no HTTP end their connection and nothing else', async () => {
  for (let time = 0; time < 50; time++) {
    const socket = await dial()
    socket.end(randomBytes(1 + time * 50))
  }
  const asked = await dial()
  asked.setEncoding('utf8').end('random bytes\r\n\r\n')
  const [answer] = (await once(asked, 'data')) as [string]
  expect(errorView.strict().parse(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).error.code).toBe('API_MALFORMED')
  await expectProgress()
})

test('a thousand connections that say nothing keep nobody else from being answered, and are let go', async () => {
  const silent = await Promise.all(Array.from({ length: 1000 }, dial))
  const { peers } = await network.nodes[0]!.client.peers()
  expect(peers).toHaveLength(3)
  await expectProgress()
  for (const socket of silent) socket.resume()
  await until('the last of them is let go', async () => silent.every((socket) => socket.destroyed), 40_000)
})

test('subscribers are as many as may be from one address and in all, and one more is told so', async () => {
  const subscribed: IncomingMessage[] = []
  /** Subscribes from one address until it is refused; resolves to the refusal. */
  async function subscribeAll(localAddress: string): Promise<IncomingMessage> {
    for (;;) {
      const response = await subscribe(localAddress)
      if (response.statusCode !== 200 || subscribed.length >= 1000) return response
      subscribed.push(response)
    }
  }
  const throttled = await subscribeAll('127.0.0.1')
  expect({ count: subscribed.length, status: throttled.statusCode }).toEqual({ count: 32, status: 429 })
  let refused = throttled
  for (let host = 1; refused.statusCode === 429 && host < 32; host++) refused = await subscribeAll(`127.0.9.${host}`)
  expect(refused.statusCode).toBe(503)
  expect(subscribed.length).toBeGreaterThanOrEqual(200)
  for (const response of subscribed) response.destroy()
  await until('there is room again', async () => {
    const response = await subscribe('127.0.0.1')
    response.destroy()
    return response.statusCode === 200
  })
})

/** Linux answers on all of 127/8. */
async function subscribe(localAddress: string): Promise<IncomingMessage> {
  const [response] = await once(get(new URL('/v1/events', url()), { localAddress, agent: false }), 'response')
  return response
}

test('a subscriber that never reads delays nobody', async () => {
  for (let time = 0; time < 20; time++) {
    const socket = await dial()
    socket.pause()
    socket.write('GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n')
  }
  await expectProgress()
  const status = await network.nodes[0]!.client.status()
  expect(status).toMatchObject({ mode: 'consensus', fault: null })
})

test('after all of it the node has logged no fault and stops as it should', async () => {
  const [node] = network.nodes
  const { pid } = node!
  expect(await node!.log()).not.toMatch(/"level":(50|60)/)
  expect(node!.pid).toBe(pid)
  await node!.stop()
})
